"""The real agent and a simulated kiosk keep the same contract: each test runs on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.commands import CommandState
from contract.messages import Command, Inventory, Outcome
from tests.agents import KIOSK
from tests.peer.agent.running import Agent
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd
from tests.peer.simulator.running import Fleet


@pytest.fixture(params=["agent", "simulator"])
def kiosk(
    request: pytest.FixtureRequest, tmp_path: Path, authority: Authority, broker: Broker
) -> Iterator[Agent | Fleet]:
    folder, port = tmp_path / "kiosk", broker.port
    kinds: dict[str, Agent | Fleet] = {
        "agent": Agent(folder / "agent", authority, port),
        "simulator": Fleet(folder / "simulator", authority, port, KIOSK),
    }
    one = kinds[request.param]
    one.start()
    yield one
    one.stop()


def ended(other_end: OtherEnd, command: Command) -> list[Outcome]:
    """All that was said about a command, once it has ended."""
    found: list[Outcome] = other_end.wait(
        lambda heard: _final(heard.outcomes(command)), timeout_s=60
    )
    return found


@pytest.mark.usefixtures("kiosk")
class TestAKiosk:
    """Whichever it is."""

    def test_is_born_then_says_what_it_is_made_of_then_how_it_is(self, other_end: OtherEnd) -> None:
        report = other_end.wait(lambda heard: [one for one in heard.reports() if one.is_full])[0]
        birth = other_end.presences()[0]
        inventory = next(one for _, one in other_end.heard if isinstance(one, Inventory))
        assert (birth.is_online, birth.reason) == (True, "connected")
        assert birth.boot_id == inventory.boot_id == report.boot_id
        assert {"system", "storage", "network"} <= {one.id for one in inventory.declared}
        assert {"system", "storage", "network"} <= {device.id for device in report.devices}

    def test_numbers_what_must_not_be_lost_from_one_without_a_hole(
        self, other_end: OtherEnd
    ) -> None:
        other_end.wait(lambda heard: [one for one in heard.reports() if one.is_full])
        outcomes = ended(other_end, other_end.order(KIOSK, "ping"))
        seqs = {one.seq for one in other_end.reports()} | {one.seq for one in outcomes}
        assert seqs == set(range(1, max(seqs) + 1))

    def test_answers_a_ping_with_boot_and_uptime(self, other_end: OtherEnd) -> None:
        other_end.wait(OtherEnd.presences)
        outcomes = ended(other_end, other_end.order(KIOSK, "ping"))
        assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
        result = outcomes[-1].result
        assert result["boot_id"] == other_end.presences()[0].boot_id
        assert float(str(result["uptime_s"])) > 0

    def test_proves_a_reboot_by_a_new_boot_and_compares_its_devices(
        self, other_end: OtherEnd
    ) -> None:
        other_end.wait(lambda heard: [one for one in heard.reports() if one.is_full])
        outcomes = ended(other_end, other_end.order(KIOSK, "reboot"))
        assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
        result = outcomes[-1].result
        assert result["simulated"] is True
        assert result["old_boot_id"] == outcomes[0].boot_id
        assert result["new_boot_id"] == outcomes[-1].boot_id != outcomes[0].boot_id
        assert {"duration_s", "devices_before", "devices_after", "changed"} <= set(result)
        said = [(one.is_online, one.reason) for one in other_end.presences()]
        assert said[:3] == [(True, "connected"), (False, "rebooting"), (True, "connected")]

    def test_refuses_what_it_does_not_know_and_says_so(self, other_end: OtherEnd) -> None:
        other_end.wait(OtherEnd.presences)
        outcomes = ended(other_end, other_end.order(KIOSK, "dance"))
        assert [one.state for one in outcomes] == ["refused"]
        assert "dance" in outcomes[0].reason

    def test_refuses_wrong_arguments(self, other_end: OtherEnd) -> None:
        other_end.wait(OtherEnd.presences)
        outcomes = ended(other_end, other_end.order(KIOSK, "reboot", delay_s=-1))
        assert [one.state for one in outcomes] == ["refused"]

    def test_says_goodbye_when_it_is_stopped(
        self, other_end: OtherEnd, kiosk: Agent | Fleet
    ) -> None:
        other_end.wait(OtherEnd.presences)
        assert kiosk.stop() == 0
        other_end.wait(lambda heard: heard.presences()[-1].reason == "stopping")
        assert not other_end.presences()[-1].is_online


def _final(outcomes: list[Outcome]) -> list[Outcome]:
    return outcomes if outcomes and CommandState(outcomes[-1].state).is_final else []
