"""Acts on a printer and its queue: real CUPS, and the printer that stands behind it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.commands import restart_printing
from agent.commands.errand import Errand
from agent.commands.restart_printing import PrintingRestart
from agent.config import Match, Peripheral
from agent.remedies import RestartService
from contract.commands import CommandState
from contract.messages import Outcome
from tests.agents import program
from tests.errands import Floor, Made
from tests.peer.agent.printer.office import QUEUE, Office, why_not
from tests.peer.region import wait_until

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

Open = Callable[..., Floor]


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    try:
        made.until_ready()
        yield made
    finally:
        made.close()


@pytest.fixture
def open_floor(office: Office, tmp_path: Path) -> Iterator[Open]:
    """Begins a life of the agent with the office's printer."""
    lives: list[Floor] = []

    def one(act: Callable[[], PrintingRestart] | None = None) -> Floor:
        works = {restart_printing.NAME: made(act())} if act is not None else {}
        lives.append(Floor(tmp_path, laser(office), works=works))
        return lives[-1]

    yield one
    for each in lives:
        each.close()


def made(act: PrintingRestart) -> Made:
    return lambda scene: Errand(restart_printing.NAME, scene, act.run, act.resume)


def laser(office: Office) -> Peripheral:
    told = {"cups": office.cups}
    return Peripheral("laser", "printer", match=Match(queue=QUEUE), settings=told)


def steps(said: list[Outcome]) -> list[object]:
    return [one.result["step"] for one in said if "step" in one.result]


def test_a_test_page_comes_out_of_the_printer(office: Office, open_floor: Open) -> None:
    floor = open_floor()
    number = floor.order("print-test-page", device="laser")
    ended = floor.end(number)
    assert (ended.state, ended.result["job_state"]) == (CommandState.SUCCEEDED, "completed")
    assert steps(floor.outcomes(number))[0] == "sending the page"
    assert len(office.papers()) == 1
    assert not (floor.config.state_dir / "test-page.pdf").exists()


def test_without_paper_the_page_is_taken_back_and_the_reason_told(
    office: Office, open_floor: Open
) -> None:
    office.lacks("media-empty")
    ended = open_floor().run("print-test-page", device="laser")
    assert (ended.state, ended.reason) == (CommandState.FAILED, "did-not-work: media-empty")
    assert ended.result["taken_back"] is True
    office.wait_until_empty()


def test_a_paused_queue_is_told(office: Office, open_floor: Open) -> None:
    office.admin("cupsdisable", QUEUE)
    ended = open_floor().run("print-test-page", device="laser")
    assert ended.reason == "did-not-work: queue-paused"


def test_a_queue_that_takes_nothing_is_told(office: Office, open_floor: Open) -> None:
    office.admin("cupsreject", QUEUE)
    ended = open_floor().run("print-test-page", device="laser")
    assert ended.state is CommandState.FAILED
    assert "server-error-not-accepting-jobs" in ended.reason


def test_an_agent_killed_while_it_prints_finds_its_page_and_prints_no_other(
    office: Office, open_floor: Open
) -> None:
    office.hold_back()
    floor = open_floor()
    number = floor.order("print-test-page", device="laser")
    floor.wait(number, lambda one: one.result.get("step") not in (None, "sending the page"))
    floor.close()
    later = open_floor()
    office.go_on()
    ended = later.end(number)
    assert (ended.state, ended.result["job_state"]) == (CommandState.SUCCEEDED, "completed")
    assert len(office.papers()) == 1


def test_every_job_of_a_queue_is_cancelled_and_counted(office: Office, open_floor: Open) -> None:
    office.hold_back()
    for _ in range(3):
        office.print()
    ended = open_floor().run("clear-queue", device="laser")
    assert (ended.state, ended.result) == (CommandState.SUCCEEDED, {"cancelled_jobs": 3})
    office.wait_until_empty()


def test_an_empty_queue_is_cleared_of_nothing(office: Office, open_floor: Open) -> None:
    ended = open_floor().run("clear-queue", device="laser")
    assert ended.result == {"cancelled_jobs": 0}


def test_a_queue_whose_cups_is_down_is_not_said_to_be_clear(
    office: Office, open_floor: Open
) -> None:
    office.stop_cups()
    ended = open_floor().run("clear-queue", device="laser")
    assert ended.state is CommandState.FAILED
    assert "nobody listens there" in ended.reason


def test_a_cups_that_does_not_let_the_agent_cancel_is_quoted(tmp_path: Path) -> None:
    strict = Office("<Limit Cancel-Job>\nOrder deny,allow\nRequire user nobody\n</Limit>\n")
    try:
        strict.until_ready()
        strict.hold_back()
        strict.print()
        floor = Floor(tmp_path, laser(strict))
        ended = floor.run("clear-queue", device="laser")
        floor.close()
    finally:
        strict.close()
    assert ended.state is CommandState.FAILED
    assert "Cancel-Job: client-error-" in ended.reason


def test_cups_is_restarted_and_its_queue_reached_again(
    office: Office, open_floor: Open, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    systemctl = program(tmp_path / "systemctl", f'echo "$@" >> {told}')
    floor = with_systemctl(open_floor(), systemctl)
    ended = floor.run("restart-printing")
    assert (ended.state, ended.result["queues"]) == (CommandState.SUCCEEDED, [QUEUE])
    assert told.read_text() == "restart cups.service\n"


def test_cups_that_does_not_come_back_is_told(
    office: Office, open_floor: Open, tmp_path: Path
) -> None:
    office.stop_cups()
    floor = with_systemctl(open_floor(), program(tmp_path / "systemctl", "exit 0"))
    ended = floor.run("restart-printing")
    assert ended.reason == f"did-not-work: queue {QUEUE}: nobody listens there"


def test_systemd_that_refuses_is_quoted(office: Office, open_floor: Open, tmp_path: Path) -> None:
    refuses = program(tmp_path / "systemctl", 'echo "Access denied" >&2; exit 1')
    ended = with_systemctl(open_floor(), refuses).run("restart-printing")
    assert ended.state is CommandState.FAILED
    assert "Access denied" in ended.reason


def test_an_agent_killed_while_cups_restarts_does_not_restart_it_again(
    open_floor: Open, tmp_path: Path
) -> None:
    told, hold = tmp_path / "told", tmp_path / "hold"
    hold.touch()
    waits = f'echo "$@" >> {told}; while [ -e {hold} ]; do sleep 0.1; done'
    floor = with_systemctl(open_floor(), program(tmp_path / "systemctl", waits))
    number = floor.order("restart-printing")
    wait_until(told.exists, "systemctl")
    floor.cut_off()
    hold.unlink()
    lasting = program(tmp_path / "systemctl-later", f'echo "$@" >> {told}')
    later = open_floor(lambda: PrintingRestart(RestartService(lasting)))
    assert later.end(number).state is CommandState.SUCCEEDED
    assert told.read_text().splitlines() == ["restart cups.service", "start cups.service"]


def with_systemctl(floor: Floor, systemctl: Path) -> Floor:
    """A stand-in for systemd, which no container has."""
    act = PrintingRestart(RestartService(systemctl), back_s=3.0)
    floor.works[restart_printing.NAME] = made(act)
    return floor
