"""A whole agent that tries to cure a peripheral: what the region hears, and across a restart."""

from pathlib import Path

from contract.events import EventName
from contract.messages import Event
from tests.faults import Detection, fault
from tests.peer.agent.running import Agent
from tests.peer.other_end import OtherEnd

_DECLARED = """
[recovery]
after_s = 1
verify_s = 2
[[peripheral]]
id = "desk"
kind = "card-reader"
match = { port = "9-9" }
recovery = ["rebind", "reboot"]
"""


def events(other: OtherEnd) -> list[Event]:
    """What happened, each once, in the order it was said."""
    reports = {(one.epoch, one.seq): one for one in other.reports()}
    return [event for report in reports.values() for event in report.events]


@fault(
    "card-reader",
    "not there, and neither rebinding nor a restart of the machine helps",
    "a declared reader that no port has; a whole agent, its restart simulated",
    "missing",
    "not-connected",
    "needs-a-human",
)
def test_what_nothing_cures_ends_at_a_human_after_one_restart(
    agent: Agent, other_end: OtherEnd, detection: Detection
) -> None:
    agent.config.write_text(agent.config.read_text() + _DECLARED)
    detection.begins()
    agent.start()

    def said(other: OtherEnd) -> bool:
        return any(event.name == EventName.RECOVERY_GAVE_UP for event in events(other))

    other_end.wait(said, 90)
    heard = [
        (one.name, one.facts.get("rung"), one.facts.get("worked")) for one in events(other_end)
    ]
    assert heard == [
        ("recovery-tried", "rebind", False),
        ("recovery-tried", "reboot", False),
        ("recovery-gave-up", None, None),
    ]
    assert "rebooting" in [one.reason for one in other_end.presences()]
    assert len({one.boot_id for one in other_end.presences()}) == 2

    def needs_a_human(other: OtherEnd) -> object:
        devices = (each for one in other.reports() for each in one.devices)
        return next((each for each in devices if "needs-a-human" in each.reasons), None)

    detection.ends(other_end.wait(needs_a_human, 60))
    assert Path(agent.folder / "state/agent.db").exists()
