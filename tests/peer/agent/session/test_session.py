"""A citizen comes and goes: the agent says so once, and then restarts only when forced to."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.commands import CommandState
from contract.events import EventName
from contract.messages import Command, Event, Outcome
from tests.agents import KIOSK
from tests.faults import Detection, fault
from tests.peer.agent.running import Agent
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd

HERE = Path(__file__).parent
#: Holds the camera, and is what ALSA says is recording, for as long as its input is open.
VISIT = """
import os, pathlib, sys
camera, status = open(sys.argv[1]), pathlib.Path(sys.argv[2])
draft = status.with_suffix(".new")
draft.write_text(f"state: RUNNING\\nowner_pid   : {os.getpid()}\\n")
draft.replace(status)
sys.stdin.read()
"""


class Watched(Agent):
    """An agent whose camera and sound cards are files."""

    def __init__(self, folder: Path, authority: Authority, port: int) -> None:
        super().__init__(folder, authority, port)
        self.camera = folder / "video0"
        self.camera.touch()
        self.status = folder / "asound" / "card1" / "pcm0c" / "sub0" / "status"
        self.status.parent.mkdir(parents=True)
        self.status.write_text("closed\n")

    def start(self) -> None:
        sound = self.folder / "asound"
        command = [sys.executable, str(HERE / "sessionside.py"), str(self.config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*command, str(self.camera), str(sound)], stderr=log)

    @contextmanager
    def visited(self) -> Iterator[None]:
        """Somebody is there."""
        command = [sys.executable, "-c", VISIT, str(self.camera), str(self.status)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            yield
            process.communicate()
        self.status.write_text("closed\n")


@pytest.fixture
def kiosk(tmp_path: Path, authority: Authority, broker: Broker) -> Iterator[Watched]:
    one = Watched(tmp_path / "kiosk", authority, broker.port)
    yield one
    one.stop()


def events(heard: OtherEnd) -> list[Event]:
    """What happened, in order, each once."""
    reports = {(one.epoch, one.seq): one for one in heard.reports()}
    return [event for report in reports.values() for event in report.events]


def until(other_end: OtherEnd, *names: EventName) -> list[Event]:
    """Wait for exactly these to have happened."""
    other_end.wait(lambda heard: len(events(heard)) >= len(names), timeout_s=60)
    found = events(other_end)
    assert [one.name for one in found] == list(names)
    return found


def said(other_end: OtherEnd, command: Command) -> list[Outcome]:
    other_end.wait(lambda heard: is_over(heard.outcomes(command)), timeout_s=60)
    return other_end.outcomes(command)


def is_over(outcomes: list[Outcome]) -> bool:
    going = {CommandState.ACCEPTED, CommandState.RUNNING}
    return bool(outcomes) and outcomes[-1].state not in going


def forced() -> Command:
    now = datetime.now(UTC)
    later = now + timedelta(seconds=60)
    return Command(
        id=str(uuid.uuid4()), name="reboot", issued_at=now, expires_at=later, is_forced=True
    )


STARTED, ENDED = EventName.SESSION_STARTED, EventName.SESSION_ENDED


@fault("session", "a citizen is there", "a process holds camera and microphone", "ok")
def test_a_visit_is_said_when_it_begins_and_when_it_ends(
    kiosk: Watched, other_end: OtherEnd, detection: Detection
) -> None:
    kiosk.start()
    other_end.wait(OtherEnd.reports)
    detection.begins()
    with kiosk.visited():
        (began,) = until(other_end, STARTED)
        states = [one for report in other_end.reports() for one in report.devices]
        state = next(one for one in states if one.facts.get("in_session") is True)
        detection.ends(state)
        assert state.facts["began_at"] == began.facts["at"]
    _, ended = until(other_end, STARTED, ENDED)
    assert ended.facts["began_at"] == began.facts["at"]
    assert isinstance(ended.facts["duration_s"], int | float)


def test_no_reboot_disturbs_a_visit_but_a_forced_one(kiosk: Watched, other_end: OtherEnd) -> None:
    kiosk.start()
    other_end.wait(OtherEnd.reports)
    with kiosk.visited():
        until(other_end, STARTED)
        refused = said(other_end, other_end.order(KIOSK, "reboot"))
        assert [one.state for one in refused] == [CommandState.REFUSED]
        assert "in-session" in refused[0].reason
        command = forced()
        other_end.deliver(KIOSK, command, 60)
        assert said(other_end, command)[-1].state is CommandState.SUCCEEDED
        # The machine went down under the visit: that one is over, and another has begun.
        _, ended, _ = until(other_end, STARTED, ENDED, STARTED)
        assert ended.facts["is_cut_short"] is True
    until(other_end, STARTED, ENDED, STARTED, ENDED)


def test_an_agent_killed_during_a_visit_goes_on_with_it(
    kiosk: Watched, other_end: OtherEnd
) -> None:
    kiosk.start()
    other_end.wait(OtherEnd.reports)
    with kiosk.visited():
        (began,) = until(other_end, STARTED)
        kiosk.kill()
        lives = len(other_end.presences())
        kiosk.start()
        other_end.wait(
            lambda heard: len(heard.presences()) > lives and heard.presences()[-1].is_online
        )
    _, ended = until(other_end, STARTED, ENDED)
    assert ended.facts["began_at"] == began.facts["at"]


def test_a_program_that_only_opens_the_camera_is_no_visit(
    kiosk: Watched, other_end: OtherEnd
) -> None:
    kiosk.start()
    other_end.wait(OtherEnd.reports)
    with kiosk.camera.open():
        assert said(other_end, other_end.order(KIOSK, "reboot"))[-1].state is CommandState.SUCCEEDED
    assert not events(other_end)
