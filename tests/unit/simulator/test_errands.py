"""What comes of each command on a simulated kiosk."""

import gzip
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from contract.command_args import FetchLogs
from contract.commands import CATALOGUE, CommandState
from contract.health import DeviceState, Health
from contract.messages import Command, Outcome, decode, encode
from contract.reasons import OutcomeReason, parse
from contract.topics import Channel
from simulator.errands import KEPT, Said
from simulator.orders import Decision, decide

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
KINDS = (
    "system", "network", "application", "camera", "microphone", "speakers", "printer", "scanner",
    "receipt-printer",
)  # fmt: skip
WELL = tuple(DeviceState(kind, kind, Health.OK) for kind in KINDS)
NEEDED = {"power-cycle": "camera", "clear-queue": "printer", "print-test-page": "printer"}
#: Whose end is not in a script: the resident answers them, or no simulated kiosk does it.
OWN = ("ping", "reboot", *KEPT)
ACTS = tuple(entry.name for entry in CATALOGUE if entry.name not in OWN)


def broken(kind: str, reason: str) -> tuple[DeviceState, ...]:
    ill = DeviceState(kind, kind, Health.FAILED, (reason,))
    return tuple(ill if one.kind == kind else one for one in WELL)


def order(name: str, **args: Any) -> Command:
    given = {"device": NEEDED[name], **args} if name in NEEDED else args
    return Command(
        id="00000000-0000-0000-0000-000000000001", name=name, args=given, issued_at=NOW,
        expires_at=NOW + timedelta(minutes=1),
    )  # fmt: skip


def told(command: Command, devices: tuple[DeviceState, ...] = WELL, **more: Any) -> Decision:
    return decide(command, NOW, kiosk="pvp-1", devices=devices, **more)


def end(name: str, devices: tuple[DeviceState, ...] = WELL, **args: Any) -> Said:
    return told(order(name, **args), devices).script[-1]


@pytest.mark.parametrize("name", ACTS)
def test_each_command_goes_on_step_by_step_to_its_end(name: str) -> None:
    *steps, last = told(order(name)).script
    percents = [said.result["progress_percent"] for said in steps if said.piece is UNSET]
    assert percents == sorted(set(percents), key=lambda one: int(str(one)))
    assert {said.state for said in steps} == {CommandState.RUNNING}
    assert last.state is CommandState.SUCCEEDED
    assert last.result["simulated"] is True


@pytest.mark.parametrize("name", ACTS)
def test_all_that_is_said_passes_the_contracts_own_door(name: str) -> None:
    for said in told(order(name)).script:
        outcome = Outcome(
            epoch="00000000000000ab", seq=1, at=NOW, clock_trusted=True, boot_id="b",
            command=order(name).id, state=said.state, reason=said.reason, result=said.result,
            piece=said.piece,
        )  # fmt: skip
        assert decode(Channel.OUTCOME, encode(outcome)) == outcome


@pytest.mark.parametrize("name", ACTS)
def test_each_is_over_before_the_controller_gives_it_up(name: str) -> None:
    runs_in_s = next(entry.runs_in_s for entry in CATALOGUE if entry.name == name)
    assert sum(said.after_s for said in told(order(name)).script) < runs_in_s


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("test-camera", "camera", "black"),
        ("power-cycle", "camera", "no-frames"),
        ("test-sound", "speakers", "muted"),
        ("test-scanner", "scanner", "jammed"),
        ("print-test-page", "printer", "media-empty"),
        ("restart-printing", "printer", "offline"),
        ("restart-application", "application", "restart-loop"),
        ("test-link", "network", "loss-high"),
    ],
)
def test_what_a_device_suffers_from_is_why_it_fails(name: str, kind: str, reason: str) -> None:
    last = end(name, broken(kind, reason))
    code, detail = parse(last.reason)
    assert (last.state, code) == (CommandState.FAILED, OutcomeReason.DID_NOT_WORK)
    assert reason in detail


def test_a_check_up_tells_what_is_amiss_and_succeeds() -> None:
    last = end("check-up", broken("printer", "media-jam"))
    assert last.state is CommandState.SUCCEEDED
    assert last.result["amiss"] == ["printer: failed: media-jam"]


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_in_a_session_it_refuses_what_yields_unless_it_is_forced(entry: Any) -> None:
    command = order(entry.name)
    first = told(command, in_session=True).answers[0]
    assert (first.reason == "in-session") is entry.yields_to_session
    forced = msgspec.structs.replace(command, is_forced=True)
    assert told(forced, in_session=True).answers[0].reason != "in-session"


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    said = told(order("power-cycle", device="modem")).answers[0]
    assert said.state is CommandState.REFUSED
    assert said.reason.startswith("device-unknown: modem: camera, ")
    assert told(order("test-scanner"), WELL[:2]).answers[0].reason == "device-unknown: none"


@pytest.mark.parametrize("name", KEPT)
def test_what_proves_who_it_is_is_not_renewed_and_it_says_so(name: str) -> None:
    said = told(order(name)).answers[0]
    assert parse(said.reason)[0] is OutcomeReason.NOT_POSSIBLE_HERE


@pytest.mark.parametrize("max_bytes", [FetchLogs().max_bytes, 10_000])
def test_the_pieces_of_a_log_are_the_file_that_the_end_names(max_bytes: int) -> None:
    script = told(order("fetch-logs", max_bytes=max_bytes), broken("camera", "black")).script
    parts = [said.piece for said in script if said.piece is not UNSET]
    content = b"".join(part.data for part in parts)
    assert [part.index for part in parts] == list(range(parts[0].count))
    assert len(parts) > 1
    result = script[-1].result
    assert result["sha256"] == hashlib.sha256(content).hexdigest()
    assert result["size_bytes"] == len(content) <= max_bytes
    assert gzip.decompress(content).decode().splitlines()[-1].endswith("camera is failed: black")


def test_the_same_command_is_answered_the_same() -> None:
    assert told(order("fetch-logs")) == told(order("fetch-logs"))
