"""A real agent process, a real broker, and what the region hears."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.commands import CommandState
from contract.messages import Inventory
from tests.agents import KIOSK
from tests.peer.agent.running import Agent
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.region import Region


@pytest.fixture
def agent(tmp_path: Path, authority: Authority, broker: Broker) -> Iterator[Agent]:
    one = Agent(tmp_path / "kiosk", authority, broker.port)
    one.start()
    yield one
    one.stop()


def test_a_kiosk_says_who_it_is_and_how_it_is(agent: Agent, region: Region) -> None:
    report = region.wait(lambda heard: [one for one in heard.reports() if one.is_full])[0]
    assert {"system", "storage", "network"} <= {device.id for device in report.devices}
    assert region.presences()[0].is_online
    inventory = next(one for _, one in region.heard if isinstance(one, Inventory))
    assert [one.id for one in inventory.declared] == ["system", "storage", "network"]


def test_a_ping_is_answered(agent: Agent, region: Region) -> None:
    region.wait(Region.presences)
    command = region.order(KIOSK, "ping")
    outcomes = region.wait(lambda heard: _ended(heard.outcomes(command)))
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    assert outcomes[-1].result["uptime_s"] > 0


def test_a_reboot_is_reported_done_only_after_a_new_boot(agent: Agent, region: Region) -> None:
    before = region.wait(Region.reports)[0].boot_id
    command = region.order(KIOSK, "reboot")
    outcomes = region.wait(lambda heard: _ended(heard.outcomes(command)), timeout_s=60)
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    result = outcomes[-1].result
    assert result["simulated"] is True
    assert result["old_boot_id"] == before == outcomes[1].boot_id
    assert result["new_boot_id"] == outcomes[-1].boot_id != before
    assert result["duration_s"] >= 3
    assert "system: ok" in " ".join(result["devices_before"]) or result["devices_before"]
    said = [(one.is_online, one.reason) for one in region.presences()]
    assert said[:3] == [(True, "connected"), (False, "rebooting"), (True, "connected")]


def _ended(outcomes: list) -> list:
    return outcomes if outcomes and CommandState(outcomes[-1].state).is_final else []
