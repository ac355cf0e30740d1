"""Orders to many kiosks, on a real database."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contract.commands import CommandState
from contract.errors import CommandError
from contract.reasons import OutcomeReason, because
from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.accounts.services import create_user
from controller.commands import batches
from controller.commands.batches import Rolling
from controller.commands.models import Batch, BatchItem, Command
from controller.commands.outcomes import heard
from controller.errors import NotFound, NotPermitted, Refused
from controller.fleet.models import Device, Kiosk, Lifecycle
from tests import fleets

pytestmark = pytest.mark.django_db
NAMES = ("pvp-1", "pvp-2", "pvp-3")


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def fleet(now: datetime) -> None:
    for name in NAMES:
        fleets.status(fleets.kiosk(name), now)


def person(role: Role) -> User:
    return create_user(name=str(role), password="vaste-plateau-42", role=role, by="x")


def batch(**changes: object) -> Batch:
    values: dict[str, object] = {
        "kiosks": NAMES, "name": "reboot", "args": {}, "user": None, "actor": "cli:root",
        "why": "update", "rolling": Rolling(at_a_time=1, pause_s=0, stop_after_failures=1),
    }  # fmt: skip
    return batches.create(**values | changes)  # type: ignore[arg-type]


def states(of: Batch) -> list[str]:
    return list(of.items.values_list("state", flat=True))


def end(kiosk: str, state: CommandState, now: datetime, reason: str = "") -> None:
    """The kiosk says how its latest command ended."""
    command = Command.objects.filter(kiosk=kiosk).latest("issued_at")
    heard([(kiosk, fleets.outcome(command.pk, state, now, reason=reason))], now)


def occupied(kiosk: str, now: datetime, *, in_session: bool) -> None:
    Device.objects.update_or_create(
        kiosk_id=kiosk, device="session", defaults={
            "kind": "session", "health": "ok", "facts": {"in_session": in_session},
            "since": now, "measured_at": now, "epoch": fleets.EPOCH, "seq": 1,
        },
    )  # fmt: skip


def test_each_kiosk_gets_its_order_when_the_one_before_has_ended(now: datetime) -> None:
    made = batch()
    for name in NAMES:
        assert batches.turn(now)
        assert Command.objects.filter(kiosk=name).count() == 1
        assert not batches.turn(now)
        end(name, CommandState.SUCCEEDED, now)
    batches.turn(now)
    made.refresh_from_db()
    assert (made.state, states(made)) == (Batch.State.DONE, ["succeeded"] * 3)
    assert made.ended_at is not None
    assert Command.objects.count() == 3


def test_it_stops_at_the_first_failure_and_goes_on_when_told(now: datetime) -> None:
    made = batch()
    batches.turn(now)
    end("pvp-1", CommandState.FAILED, now, "machine-did-not-reboot")
    batches.turn(now)
    made.refresh_from_db()
    assert (made.state, states(made)) == (Batch.State.STOPPED, ["failed", "skipped", "skipped"])
    assert made.items.get(kiosk="pvp-1").reason == "machine-did-not-reboot"
    batches.resume(made.pk, user=None, actor="cli:root")
    batches.turn(now)
    assert states(made) == ["failed", "ordered", "waiting"]


@pytest.mark.parametrize("why", ["paused", "stopped"])
def test_a_batch_that_waits_for_a_person_costs_one_look(
    now: datetime, why: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = batch()
    Batch.objects.filter(pk=made.pk).update(state=why)
    with django_assert_num_queries(1):
        assert not batches.turn(now)


def test_a_pause_orders_nothing_and_still_hears(now: datetime) -> None:
    made = batch()
    batches.turn(now)
    batches.pause(made.pk, user=None, actor="cli:root")
    end("pvp-1", CommandState.SUCCEEDED, now)
    batches.turn(now)
    assert states(made) == ["succeeded", "waiting", "waiting"]
    batches.resume(made.pk, user=None, actor="cli:root")
    batches.turn(now)
    assert states(made) == ["succeeded", "ordered", "waiting"]


def test_an_abort_waits_for_what_is_under_way(now: datetime) -> None:
    made = batch()
    batches.turn(now)
    batches.abort(made.pk, user=None, actor="cli:root", why="wrong kiosks")
    batches.turn(now)
    made.refresh_from_db()
    assert (states(made), made.ended_at) == (["ordered", "skipped", "skipped"], None)
    end("pvp-1", CommandState.SUCCEEDED, now)
    batches.turn(now)
    made.refresh_from_db()
    assert made.ended_at is not None
    with pytest.raises(Refused, match="aborted"):
        batches.resume(made.pk, user=None)


def test_where_a_citizen_is_it_comes_back_later(now: datetime) -> None:
    made = batch(rolling=Rolling(at_a_time=2, pause_s=0, stop_after_failures=1))
    occupied("pvp-1", now, in_session=True)
    batches.turn(now)
    assert states(made) == ["waiting", "ordered", "waiting"]
    occupied("pvp-1", now, in_session=False)
    batches.turn(now + batches.AGAIN)
    assert states(made) == ["ordered", "ordered", "waiting"]


def test_a_kiosk_that_refuses_because_of_a_visit_is_asked_again(now: datetime) -> None:
    made = batch(kiosks=["pvp-1"])
    batches.turn(now)
    end("pvp-1", CommandState.REFUSED, now, because(OutcomeReason.IN_SESSION))
    batches.turn(now)
    assert states(made) == ["waiting"]
    batches.turn(now + batches.AGAIN)
    assert states(made) == ["ordered"]
    assert Command.objects.count() == 2


def test_a_retired_kiosk_is_a_failure_that_says_why(now: datetime) -> None:
    Kiosk.objects.filter(pk="pvp-1").update(lifecycle=Lifecycle.RETIRED)
    made = batch()
    batches.turn(now)
    item = made.items.get(kiosk="pvp-1")
    assert item.state == BatchItem.State.FAILED
    assert "pvp-1" in item.reason


def test_at_the_end_of_its_life_the_rest_is_skipped(now: datetime) -> None:
    made = batch(rolling=Rolling(life=timedelta(hours=1)))
    batches.turn(now)
    end("pvp-1", CommandState.SUCCEEDED, now)
    batches.turn(now + timedelta(hours=2))
    made.refresh_from_db()
    assert (made.state, states(made)) == (Batch.State.DONE, ["succeeded", "skipped", "skipped"])


def test_the_dry_run_says_who_would_get_it_and_changes_nothing(now: datetime) -> None:
    occupied("pvp-2", now, in_session=True)
    Kiosk.objects.filter(pk="pvp-3").update(lifecycle=Lifecycle.RETIRED)
    fleets.status(fleets.kiosk("pvp-4"), now, is_online=False)
    told = batches.preview(kiosks=[*NAMES, "pvp-4"], name="reboot", args={}, user=None)
    assert told.would_get == ("pvp-1",)
    assert set(told.would_wait) == {"pvp-2", "pvp-4"}
    assert set(told.would_be_refused) == {"pvp-3"}
    assert (Batch.objects.count(), Command.objects.count()) == (0, 0)


def test_who_may_not_order_may_not_order_to_many(now: datetime) -> None:
    with pytest.raises(NotPermitted):
        batch(user=person(Role.VIEWER))
    technician = person(Role.TECHNICIAN)
    batch(user=technician)
    with pytest.raises(NotPermitted):
        batch(user=technician, is_forced=True, why="now")
    batches.turn(now)
    assert Command.objects.get().by == technician


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"kiosks": []}, Refused, "has 0 kiosks"),
        ({"kiosks": ["pvp-1", "pvp-9"]}, NotFound, "pvp-9"),
        ({"name": "dance"}, CommandError, "must be one of"),
        ({"args": {"delay_s": -1}}, CommandError, "delay_s"),
        ({"rolling": Rolling(at_a_time=0)}, Refused, "at_a_time is 0"),
        ({"rolling": Rolling(pause_s=-1)}, Refused, "pause_s is -1"),
        ({"rolling": Rolling(life=timedelta(days=30))}, Refused, "life is"),
    ],
)
def test_what_cannot_be_is_refused(
    changes: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        batch(**changes)
    assert not Batch.objects.exists()


def test_who_did_what_is_in_the_audit(now: datetime) -> None:
    made = batch()
    batches.pause(made.pk, user=None, actor="cli:root", why="lunch", address="192.0.2.1")
    entries = AuditEntry.objects.filter(subject=str(made.pk)).order_by("id")
    assert [entry.action for entry in entries] == ["batch.create", "batch.pause"]
    assert (entries[1].why, entries[1].address) == ("lunch", "192.0.2.1")


def test_what_the_catalogue_no_longer_knows_is_a_failure_and_stops_nobody_else(
    now: datetime,
) -> None:
    old, other = batch(kiosks=["pvp-1"]), batch(kiosks=["pvp-2"])
    Batch.objects.filter(pk=old.pk).update(name="dance")
    batches.turn(now)
    assert (states(old), states(other)) == (["failed"], ["ordered"])
    assert "'dance'" in old.items.get().reason


def test_who_lost_the_right_meanwhile_orders_no_more(now: datetime) -> None:
    technician = person(Role.TECHNICIAN)
    made = batch(user=technician)
    technician.is_active = False
    technician.save()
    batches.turn(now)
    assert (states(made)[0], Command.objects.count()) == ("failed", 0)


def test_old_batches_are_forgotten_with_their_lists_alone(now: datetime) -> None:
    made = batch()
    batches.turn(now)
    assert batches.forget(made.expires_at) == 0
    assert batches.forget(made.expires_at + timedelta(seconds=1)) == 1
    assert (BatchItem.objects.count(), Command.objects.count()) == (0, 1)


def test_who_ordered_to_many_cannot_go_and_leave_the_operators_rights_behind(
    now: datetime,
) -> None:
    technician = person(Role.TECHNICIAN)
    made = batch(user=technician, actor="")
    with pytest.raises(ProtectedError):
        technician.delete()
    technician.is_active = False
    technician.save()
    batches.turn(now)
    assert not Command.objects.exists()
    assert made.items.get(kiosk="pvp-1").state == BatchItem.State.FAILED
