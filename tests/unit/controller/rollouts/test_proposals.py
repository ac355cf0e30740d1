"""What people do to rollouts, on a real database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.accounts.services import create_user
from controller.configuration.models import Revision
from controller.errors import NotFound, NotPermitted, Refused
from controller.fleet.models import Kiosk, Lifecycle
from controller.rollouts import selectors, services
from controller.rollouts.models import Release, Rollout, RolloutEvent, Target
from controller.rollouts.services import WaveWish
from controller.rollouts.stages import Kind, OnFailure, Stage, TargetStage, WaveStage
from controller.salt.models import MinionKey
from tests import fleets

pytestmark = pytest.mark.django_db
NAMES = tuple(f"pvp-{number}" for number in range(1, 11))
CANARY = WaveWish("canary", kiosks=("pvp-1",))
REST = WaveWish("rest", percent=100, waits_for_approval=True)
WHO: dict[str, Any] = {"user": None, "actor": "cli:root"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def fleet(now: datetime) -> None:
    for number, name in enumerate(NAMES):
        kiosk = fleets.kiosk(name, site=fleets.site(f"site-{number // 2}"))
        MinionKey.objects.create(kiosk=kiosk, public_key="PEM", given_at=now)
    for name in ("r1", "r2"):
        Release.objects.create(
            name=name, digest=name, manifest={}, signed_by="key", imported_at=now, actor="cli:root"
        )


def person(role: Role) -> User:
    return create_user(name=str(role), password="vaste-plateau-42", role=role, by="x")


def proposal(**changes: object) -> Rollout:
    values: dict[str, object] = {
        "title": "R1", "kind": Kind.RELEASE, "release": "r1", "revision": None, "kiosks": NAMES,
        "waves": (CANARY, REST), "on_failure": OnFailure.REVERT, "why": "camera fix", **WHO,
    }  # fmt: skip
    return services.propose(**values | changes)  # type: ignore[arg-type]


def test_a_proposal_names_each_wave_s_kiosks_once_and_for_all() -> None:
    made = proposal(waves=(CANARY, WaveWish("half", percent=50), WaveWish("all", percent=100)))
    waves = [list(wave.targets.values_list("kiosk_id", flat=True)) for wave in made.waves.all()]
    assert [len(wave) for wave in waves] == [1, 4, 5]
    assert waves[0] == ["pvp-1"]
    assert sorted(name for wave in waves for name in wave) == sorted(NAMES)
    assert made.stage == Stage.PROPOSED
    assert set(made.targets.values_list("stage", flat=True)) == {TargetStage.WAITING}


def test_a_percentage_takes_one_kiosk_of_each_site_before_a_second_of_any() -> None:
    waves = (WaveWish("half", percent=50), WaveWish("all", percent=100))
    shown = services.preview(
        kind=Kind.RELEASE, release="r1", revision=None, kiosks=NAMES, waves=waves
    )
    first = shown.waves[0][1]
    assert len({Kiosk.objects.get(pk=name).site_id for name in first}) == 5


def test_who_cannot_take_part_is_left_out_and_told_why() -> None:
    Kiosk.objects.filter(pk="pvp-2").update(lifecycle=Lifecycle.RETIRED)
    MinionKey.objects.filter(kiosk="pvp-3").delete()
    shown = services.preview(
        kind=Kind.RELEASE, release="r1", revision=None, kiosks=NAMES, waves=(CANARY, REST)
    )
    assert shown.left_out == {"pvp-2": "not-active: retired", "pvp-3": "no-minion-key"}
    assert len(shown.waves[1][1]) == 7
    assert proposal().targets.count() == 8


def test_a_configuration_needs_a_release_that_applies_it(now: datetime) -> None:
    revision = Revision.objects.create(scope="region", at=now, actor="cli:root")
    with pytest.raises(Refused, match="no-release"):
        proposal(kind=Kind.CONFIGURATION, release=None, revision=revision.pk)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"waves": ()}, "0 waves"),
        ({"waves": (CANARY,)}, "9 kiosks are in no wave"),
        ({"waves": (WaveWish("x"),)}, "kiosks or a percentage"),
        ({"waves": (CANARY, CANARY, REST)}, "'pvp-1' is in two waves"),
        ({"waves": (WaveWish("x", percent=100, at_a_time=0),)}, "at_a_time of wave 'x' is 0"),
        ({"waves": (CANARY, WaveWish("x", percent=10), REST)}, "wave 'x' has no kiosk"),
        ({"life": timedelta(seconds=1)}, "life is"),
        ({"kiosk_limit_s": 1}, "kiosk_limit_s is 1"),
        ({"release": None}, "only that of a release"),
        ({"kiosks": (), "waves": (WaveWish("x", percent=100),)}, "has 0 kiosks"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(
    changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(Refused, match=complaint):
        proposal(**changes)
    assert not Rollout.objects.exists()


def test_what_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound, match="no release 'r9'"):
        proposal(release="r9")
    with pytest.raises(NotFound, match="no kiosk 'pvp-99'"):
        proposal(kiosks=("pvp-99",))


def test_a_withdrawn_release_begins_no_rollout(now: datetime) -> None:
    made = proposal()
    Release.objects.filter(pk="r1").update(withdrawn_at=now, why_withdrawn="black screens")
    with pytest.raises(Refused, match="black screens"):
        proposal()
    with pytest.raises(Refused, match="withdrawn"):
        services.approve(made.pk, **WHO)


def test_a_technician_proposes_and_an_administrator_approves() -> None:
    technician, administrator = person(Role.TECHNICIAN), person(Role.ADMINISTRATOR)
    made = proposal(user=technician, actor="")
    with pytest.raises(NotPermitted):
        services.approve(made.pk, user=technician)
    with pytest.raises(NotPermitted):
        proposal(user=person(Role.VIEWER))
    approved = services.approve(made.pk, user=administrator, why="seen on the canary")
    assert (approved.stage, approved.approved_by) == (Stage.RUNNING, administrator)
    entry = AuditEntry.objects.get(action="rollout.approved")
    assert (entry.user, entry.why) == (administrator, "seen on the canary")
    assert entry.details == {"is_own": False}
    told = RolloutEvent.objects.filter(rollout=made).values_list("what", "actor")
    assert list(told) == [("proposed", "technician"), ("approved", "administrator")]


def test_an_administrator_may_approve_what_he_proposed_and_the_audit_says_so() -> None:
    administrator = person(Role.ADMINISTRATOR)
    services.approve(proposal(user=administrator).pk, user=administrator)
    assert AuditEntry.objects.get(action="rollout.approved").details == {"is_own": True}


def test_its_life_counts_from_its_approval() -> None:
    made = proposal(life=timedelta(hours=1))
    Rollout.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(days=1))
    approved = services.approve(made.pk, **WHO)
    assert approved.approved_at is not None
    assert approved.expires_at - approved.approved_at == timedelta(hours=1)


def test_a_kiosk_is_in_one_running_rollout_only() -> None:
    first, second = proposal(), proposal(release="r2")
    services.approve(first.pk, **WHO)
    with pytest.raises(Refused, match="is in rollout"):
        services.approve(second.pk, **WHO)
    with pytest.raises(Refused, match="other-rollout"):
        proposal(release="r2")
    services.abort(first.pk, **WHO)
    assert services.approve(second.pk, **WHO).stage == Stage.RUNNING


def test_a_wave_that_waits_for_approval_is_approved_by_the_same_act() -> None:
    made = proposal()
    services.approve(made.pk, **WHO)
    assert not selectors.detail(made.pk).waves[1].awaits_approval
    made.waves.filter(position=0).update(stage=WaveStage.PASSED)
    assert selectors.detail(made.pk).waves[1].awaits_approval
    services.approve(made.pk, **WHO)
    assert not selectors.detail(made.pk).waves[1].awaits_approval
    with pytest.raises(Refused, match="no wave of it waits"):
        services.approve(made.pk, **WHO)


def test_each_act_is_refused_where_it_makes_no_sense() -> None:
    made = proposal()
    for act in (services.pause, services.resume, services.revert, services.retry_failed):
        with pytest.raises(Refused, match="the rollout is proposed"):
            act(made.pk, **WHO)
    services.approve(made.pk, **WHO)
    services.pause(made.pk, **WHO)
    services.resume(made.pk, **WHO)
    services.abort(made.pk, **WHO)
    assert set(made.targets.values_list("stage", flat=True)) == {TargetStage.SKIPPED}
    with pytest.raises(Refused, match="the rollout is aborted"):
        services.resume(made.pk, **WHO)


def test_resuming_what_stopped_by_itself_forgives_and_needs_an_administrator() -> None:
    made = proposal()
    services.approve(made.pk, **WHO)
    made.targets.filter(kiosk="pvp-1").update(stage=TargetStage.FAILED)
    made.waves.filter(position=0).update(stage=WaveStage.FAILED)
    Rollout.objects.filter(pk=made.pk).update(stage=Stage.STOPPED, reason="pvp-1")
    with pytest.raises(NotPermitted):
        services.resume(made.pk, user=person(Role.TECHNICIAN))
    services.resume(made.pk, **WHO)
    wave = made.waves.get(position=0)
    assert (wave.stage, wave.stop_after_failures) == (WaveStage.RUNNING, 2)


def test_failed_kiosks_are_tried_again_and_what_was_before_is_kept(now: datetime) -> None:
    made = proposal()
    services.approve(made.pk, **WHO)
    made.targets.filter(kiosk="pvp-1").update(
        stage=TargetStage.FAILED, before_at=now, health_before={"camera": "ok"}, attempts=3
    )
    services.retry_failed(made.pk, **WHO)
    again = made.targets.get(kiosk="pvp-1")
    assert (again.stage, again.attempts) == (TargetStage.WAITING, 0)
    assert (again.before_at, again.health_before) == (now, {"camera": "ok"})


def test_what_a_later_rollout_brought_is_undone_first(now: datetime) -> None:
    first = proposal()
    services.approve(first.pk, **WHO)
    first.targets.update(stage=TargetStage.SUCCEEDED, before_at=timezone.now())
    Rollout.objects.filter(pk=first.pk).update(stage=Stage.DONE, ended_at=now)
    second = proposal(release="r2")
    services.approve(second.pk, **WHO)
    second.targets.update(stage=TargetStage.SUCCEEDED, before_at=timezone.now())
    Rollout.objects.filter(pk=second.pk).update(stage=Stage.DONE, ended_at=now)
    with pytest.raises(Refused, match="revert that one first"):
        services.revert(first.pk, **WHO)
    assert services.revert(second.pk, **WHO).stage == Stage.REVERTING


def test_a_rollout_is_read_in_four_queries_however_many_kiosks_it_has(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = proposal()
    with django_assert_num_queries(4):
        shown = selectors.detail(made.pk)
    assert [wave.total for wave in shown.waves] == [1, 9]
    assert shown.counts == {TargetStage.WAITING: 10}
    assert [event.what for event in shown.events] == ["proposed"]
    with django_assert_num_queries(1):
        assert [one.kiosk.site.code for one in selectors.targets(made.pk, wave=0)] == ["site-0"]
    with django_assert_num_queries(1):
        assert [one.rollout.release_id for one in selectors.of_kiosk("pvp-1")] == ["r1"]
    assert Target.objects.count() == 10
