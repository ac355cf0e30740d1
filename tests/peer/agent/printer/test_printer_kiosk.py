"""From a real printer that is switched off to what the controller hears: the whole agent."""

from collections.abc import Iterator

import pytest

from contract.health import DeviceState
from tests.faults import Detection, fault
from tests.peer.agent.printer.office import QUEUE, Office, why_not
from tests.peer.agent.running import Agent
from tests.peer.other_end import OtherEnd

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

_DECLARED = """
[probes]
printer_s = 1
[[peripheral]]
id = "laser"
kind = "printer"
match = {{ queue = "{queue}" }}
settings = {{ cups = "{cups}" }}
"""


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.close()


def heard(other_end: OtherEnd, health: str) -> DeviceState:
    """What is said of the printer, once it is in this state."""
    found: DeviceState = other_end.wait(lambda end: end.said("laser", health), 60.0)
    return found


@fault("printer", "off, the whole agent", "ippeveprinter is ended", "failed", "offline")
def test_the_controller_hears_that_a_printer_is_off(
    office: Office, agent: Agent, other_end: OtherEnd, detection: Detection
) -> None:
    declared = _DECLARED.format(queue=QUEUE, cups=office.cups)
    agent.config.write_text(agent.config.read_text() + declared)
    agent.start()
    heard(other_end, "ok")
    detection.begins()
    office.stop_printer()
    detection.ends(heard(other_end, "failed"))
