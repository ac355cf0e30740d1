"""Acts ordered over the broker from a whole agent, which is killed in the midst of some."""

from collections.abc import Iterator

import pytest

from contract.commands import CommandState
from tests.agents import KIOSK
from tests.peer.agent.printer.office import QUEUE, Office, why_not
from tests.peer.agent.running import Agent
from tests.peer.agent.test_kiosk import ended
from tests.peer.other_end import OtherEnd

_PRINTER = """
[[peripheral]]
id = "laser"
kind = "printer"
match = {{ queue = "{queue}" }}
settings = {{ cups = "{cups}" }}
"""
_CAMERA = """
[[peripheral]]
id = "desk"
kind = "camera"
match = { port = "9-9" }
"""


@pytest.fixture
def office() -> Iterator[Office]:
    if why_not():
        pytest.skip(why_not())
    made = Office()
    try:
        made.until_ready()
        yield made
    finally:
        made.close()


def test_a_restarted_agent_tells_of_it_itself(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    boot = other_end.wait(OtherEnd.reports)[0].boot_id
    command = other_end.order(KIOSK, "restart-agent")
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    assert outcomes[-1].boot_id == boot  # the machine did not restart, simulated or not
    said = [(one.is_online, one.reason) for one in other_end.presences()]
    assert said[:3] == [(True, "connected"), (False, "restarting"), (True, "connected")]


def test_a_redelivered_restart_of_the_agent_happens_once(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "restart-agent")
    other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    other_end.deliver(KIOSK, command, 60)
    ping = other_end.order(KIOSK, "ping")
    other_end.wait(lambda heard: ended(heard.outcomes(ping)))
    assert [one.reason for one in other_end.presences()].count("restarting") == 1


def test_progress_is_heard_before_the_end(
    office: Office, agent: Agent, other_end: OtherEnd
) -> None:
    declare(agent, office)
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "print-test-page", device="laser")
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=90)
    told = [one.result["step"] for one in outcomes if "step" in one.result]
    assert told[0] == "sending the page"
    assert outcomes[-1].result["job_state"] == "completed"


def test_an_agent_killed_while_it_prints_follows_the_same_page_to_its_end(
    office: Office, agent: Agent, other_end: OtherEnd
) -> None:
    declare(agent, office)
    office.hold_back()
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "print-test-page", device="laser")
    other_end.wait(lambda _: office.papers(), timeout_s=60)
    agent.kill()
    office.go_on()
    agent.start()
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=90)
    assert outcomes[-1].state is CommandState.SUCCEEDED
    assert len(office.papers()) == 1


def test_an_agent_killed_while_it_clears_a_queue_says_what_is_left(
    office: Office, agent: Agent, other_end: OtherEnd
) -> None:
    declare(agent, office)
    office.hold_back()
    for _ in range(2):
        office.print()
    office.freeze_cups()
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "clear-queue", device="laser")
    other_end.wait(lambda heard: len(heard.outcomes(command)) >= 2)
    agent.kill()
    office.thaw_cups()
    agent.start()
    last = other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=90)[-1]
    assert (last.state, last.reason) == (
        CommandState.FAILED,
        f"restarted-while-running: {last.result['waiting_jobs']} jobs are in the queue",
    )


def test_a_device_that_is_not_here_is_refused(agent: Agent, other_end: OtherEnd) -> None:
    agent.config.write_text(agent.config.read_text() + _CAMERA)
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "power-cycle", device="door")
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(command)))
    assert [(one.state, one.reason) for one in outcomes] == [
        (CommandState.REFUSED, "device-unknown: door: desk")
    ]


def declare(agent: Agent, office: Office) -> None:
    """The office's printer is the kiosk's."""
    told = _PRINTER.format(queue=QUEUE, cups=office.cups)
    agent.config.write_text(agent.config.read_text() + told)
