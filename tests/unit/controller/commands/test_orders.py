"""Orders: who may give them, when, and what is written down."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import override

from contract.commands import CommandState
from contract.errors import CommandError
from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.accounts.services import create_user
from controller.commands.models import Command
from controller.commands.selectors import waits_for_kiosk
from controller.commands.services import needs_typed, order
from controller.errors import NotPermitted, Occupied, Refused
from controller.fleet.models import Kiosk, Lifecycle, Status
from tests import fleets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def kiosk() -> Kiosk:
    return fleets.kiosk()


def user(role: Role) -> User:
    return create_user(name=str(role), password="vaste-plateau-42", role=role, by="cli:root")


def reboot(kiosk: Kiosk, **more: object) -> Command:
    values: dict[str, object] = {"args": {}, "user": None, "actor": "cli:root"}
    return order(kiosk=kiosk, name="reboot", **values | more)  # type: ignore[arg-type]


def test_an_order_is_queued_with_its_defaults_and_its_first_event(kiosk: Kiosk) -> None:
    command = reboot(kiosk, why="écran noir")
    assert (command.state, command.args) == (CommandState.QUEUED, {"delay_s": 0})
    assert command.expires_at - command.issued_at == timedelta(seconds=600)
    assert [event.state for event in command.events.all()] == [CommandState.QUEUED]


def test_an_order_is_in_the_audit_with_who_and_why(kiosk: Kiosk) -> None:
    command = reboot(
        kiosk, user=user(Role.TECHNICIAN), actor="", why="écran noir", address="192.0.2.7"
    )
    entry = AuditEntry.objects.get(action="command.reboot")
    assert (entry.subject, entry.actor, entry.why, entry.address) == (
        kiosk.pk,
        "technician",
        "écran noir",
        "192.0.2.7",
    )
    assert entry.details["command"] == str(command.pk)


def test_a_viewer_may_not_order_and_nothing_is_left_behind(kiosk: Kiosk) -> None:
    viewer = user(Role.VIEWER)
    with pytest.raises(NotPermitted, match="viewer may not order reboot"):
        reboot(kiosk, user=viewer)
    assert not Command.objects.exists()


def test_a_session_is_interrupted_only_by_who_may_and_says_why(kiosk: Kiosk) -> None:
    with pytest.raises(NotPermitted, match="technician may not interrupt a session"):
        reboot(kiosk, user=user(Role.TECHNICIAN), is_forced=True, why="écran noir")
    chief = user(Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="say why"):
        reboot(kiosk, user=chief, is_forced=True, why=" ")
    assert reboot(kiosk, user=chief, is_forced=True, why="écran noir").is_forced
    assert AuditEntry.objects.get(action="command.reboot").details["is_forced"] is True


def test_an_unknown_command_or_argument_is_refused(kiosk: Kiosk) -> None:
    with pytest.raises(CommandError, match="'halt'"):
        order(kiosk=kiosk, name="halt", args={}, user=None, actor="cli:root")
    with pytest.raises(CommandError, match="delay_s"):
        reboot(kiosk, args={"delay_s": "soon"})


def test_a_retired_kiosk_takes_no_orders() -> None:
    with pytest.raises(Refused, match="retired"):
        reboot(fleets.kiosk(lifecycle=Lifecycle.RETIRED))


def test_a_second_reboot_waits_for_the_end_of_the_first(kiosk: Kiosk) -> None:
    first = reboot(kiosk)
    with pytest.raises(Refused, match="under way"):
        reboot(kiosk)
    Command.objects.filter(pk=first.pk).update(state=CommandState.SUCCEEDED)
    assert reboot(kiosk).state == CommandState.QUEUED


def test_a_ping_may_go_beside_a_reboot(kiosk: Kiosk) -> None:
    reboot(kiosk)
    ping = order(kiosk=kiosk, name="ping", args={}, user=None, actor="cli:root")
    assert ping.state == CommandState.QUEUED


@pytest.mark.parametrize("seconds", [0, 9, 7 * 86_400 + 1])
def test_an_expiry_out_of_bounds_is_refused(kiosk: Kiosk, seconds: int) -> None:
    with pytest.raises(Refused, match="expires_in_s"):
        reboot(kiosk, expires_in_s=seconds)


def test_open_pages_are_told_of_an_order(kiosk: Kiosk) -> None:
    before = timezone.now() - timedelta(hours=1)
    fleets.status(kiosk, before)
    reboot(kiosk)
    assert Status.objects.get().touched_at > before


def test_what_is_disruptive_is_typed() -> None:
    assert needs_typed("reboot")
    assert not needs_typed("ping")


def test_a_citizen_is_not_disturbed_by_what_he_would_notice(kiosk: Kiosk) -> None:
    now = timezone.now()
    fleets.status(kiosk, now)
    fleets.device(kiosk, "session", now, facts={"in_session": True})
    with pytest.raises(Occupied, match="a citizen is at kiosk"):
        reboot(kiosk)
    assert order(kiosk=kiosk, name="ping", args={}, user=None, actor="cli:root").pk
    assert reboot(kiosk, is_forced=True, why="écran noir").is_forced


def test_what_a_kiosk_said_before_it_was_lost_is_no_session(kiosk: Kiosk) -> None:
    now = timezone.now()
    fleets.status(kiosk, now, is_online=False)
    fleets.device(kiosk, "session", now, facts={"in_session": True})
    assert reboot(kiosk).pk


def test_an_order_about_a_device_names_one_that_is_there(kiosk: Kiosk) -> None:
    fleets.device(kiosk, "camera", timezone.now())
    with pytest.raises(Refused, match="has no modem for power-cycle: it has camera"):
        order(kiosk=kiosk, name="power-cycle", args={"device": "modem"}, user=None, actor="cli")
    with pytest.raises(Refused, match="has no device for restart-printing"):
        order(kiosk=kiosk, name="restart-printing", args={}, user=None, actor="cli")
    assert order(
        kiosk=kiosk, name="power-cycle", args={"device": "camera"}, user=None, actor="cli"
    ).pk


def test_an_order_may_wait_a_week_for_its_kiosk_and_no_longer(kiosk: Kiosk) -> None:
    command = reboot(kiosk, expires_in_s=7 * 86_400)
    assert command.expires_at - command.issued_at == timedelta(days=7)
    assert waits_for_kiosk(command)
    fleets.status(kiosk, timezone.now())
    assert not waits_for_kiosk(command)
    with pytest.raises(Refused, match="expires_in_s is 604801"):
        reboot(kiosk, expires_in_s=7 * 86_400 + 1)
