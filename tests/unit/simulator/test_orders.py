"""What a simulated kiosk answers to commands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from contract.commands import CommandState
from contract.health import DeviceState, Health
from contract.messages import Command
from simulator.orders import Reboot, decide

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def command(name: str = "ping", left_s: float = 60, **args: Any) -> Command:
    return Command(
        id="00000000-0000-0000-0000-000000000001",
        name=name,
        args=args,
        issued_at=NOW,
        expires_at=NOW + timedelta(seconds=left_s),
    )


def states(of: Command, **more: Any) -> list[CommandState]:
    return [answer.state for answer in decide(of, NOW, **more).answers]


def test_a_ping_is_accepted_and_run() -> None:
    assert states(command()) == [CommandState.ACCEPTED, CommandState.RUNNING]
    assert decide(command(), NOW).is_ping


def test_a_reboot_waits_as_told() -> None:
    assert decide(command("reboot", delay_s=5), NOW).reboot_in_s == 5


def test_a_command_that_came_too_late_is_said_to_have_expired() -> None:
    answer = decide(command(left_s=-3), NOW).answers[0]
    assert answer.state is CommandState.EXPIRED
    assert answer.reason == "expired-before-it-came: 3 s"


def test_an_unknown_command_is_refused_by_name() -> None:
    answer = decide(command("dance"), NOW).answers[0]
    assert answer.state is CommandState.REFUSED
    assert answer.reason == "command-unknown: dance"


def test_wrong_arguments_are_refused() -> None:
    assert states(command("reboot", delay_s="soon")) == [CommandState.REFUSED]


def test_a_reboot_during_a_reboot_is_refused_and_a_ping_is_not() -> None:
    assert states(command("reboot"), under_way="reboot") == [CommandState.REFUSED]
    assert CommandState.ACCEPTED in states(command(), under_way="reboot")


def test_the_receipt_names_both_boots_the_duration_and_what_changed() -> None:
    before = (DeviceState("printer", "printer", Health.FAILED, ("spool-area-full",)),)
    after = (DeviceState("printer", "printer", Health.OK),)
    receipt = Reboot("c", 100.0, "old", before).receipt(107.5, "new", after)
    assert receipt["simulated"] is True
    assert (receipt["old_boot_id"], receipt["new_boot_id"]) == ("old", "new")
    assert receipt["duration_s"] == 7.5
    assert receipt["changed"] == ["printer: failed -> ok"]


def test_a_reboot_in_a_session_is_refused_unless_it_is_forced() -> None:
    answer = decide(command("reboot"), NOW, in_session=True).answers[0]
    assert (answer.state, answer.reason) == (CommandState.REFUSED, "in-session")
    assert decide(command(), NOW, in_session=True).is_ping
    forced = msgspec.structs.replace(command("reboot"), is_forced=True)
    assert decide(forced, NOW, in_session=True).reboot_in_s == 0
