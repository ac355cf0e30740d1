"""A real agent process, a real broker, and what the region hears."""

from contract.messages import Inventory, Outcome
from tests.agents import KIOSK
from tests.peer.agent.running import Agent
from tests.peer.region import Region


def test_a_kiosk_says_who_it_is_and_how_it_is(agent: Agent, region: Region) -> None:
    agent.start()
    report = region.wait(lambda heard: [one for one in heard.reports() if one.is_full])[0]
    assert {"system", "storage", "network"} <= {device.id for device in report.devices}
    assert region.presences()[0].is_online
    inventory = next(one for _, one in region.heard if isinstance(one, Inventory))
    assert [one.id for one in inventory.declared] == ["system", "storage", "network"]


def test_a_ping_is_answered(agent: Agent, region: Region) -> None:
    agent.start()
    region.wait(Region.presences)
    command = region.order(KIOSK, "ping")
    outcomes = region.wait(lambda heard: ended(heard.outcomes(command)))
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    assert outcomes[-1].result["uptime_s"] > 0


def test_a_reboot_is_reported_done_only_after_a_new_boot(agent: Agent, region: Region) -> None:
    agent.start()
    before = region.wait(Region.reports)[0].boot_id
    command = region.order(KIOSK, "reboot")
    outcomes = region.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    result = outcomes[-1].result
    assert result["simulated"] is True
    assert result["old_boot_id"] == before == outcomes[1].boot_id
    assert result["new_boot_id"] == outcomes[-1].boot_id != before
    assert result["duration_s"] >= 3
    compared = {line.partition(":")[0] for line in result["devices_before"]}
    assert {"system", "storage", "network"} <= compared
    said = [(one.is_online, one.reason) for one in region.presences()]
    assert said[:3] == [(True, "connected"), (False, "rebooting"), (True, "connected")]


def test_a_redelivered_reboot_runs_once(agent: Agent, region: Region) -> None:
    agent.start()
    region.wait(Region.reports)
    command = region.order(KIOSK, "reboot")
    region.deliver(KIOSK, command, 60)
    region.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    region.deliver(KIOSK, command, 60)
    ping = region.order(KIOSK, "ping")
    region.wait(lambda heard: ended(heard.outcomes(ping)))
    assert len(region.outcomes(command)) == 3
    assert [one.reason for one in region.presences()].count("rebooting") == 1


def test_a_reboot_cut_short_by_a_crash_is_not_begun_again(agent: Agent, region: Region) -> None:
    agent.start()
    region.wait(Region.reports)
    command = region.order(KIOSK, "reboot", delay_s=1)
    region.wait(lambda heard: len(heard.outcomes(command)) == 2)
    agent.kill()
    agent.start()
    region.deliver(KIOSK, command, 60)
    ping = region.order(KIOSK, "ping")
    region.wait(lambda heard: ended(heard.outcomes(ping)))
    assert [one.state for one in region.outcomes(command)] == ["accepted", "running"]
    assert "heard before: it is not run twice" in agent.said


def test_a_command_heard_too_late_is_not_run_and_says_so(agent: Agent, region: Region) -> None:
    agent.start()
    region.wait(Region.reports)
    command = region.order(KIOSK, "reboot", expires_in_s=3600)
    first = region.wait(lambda heard: heard.outcomes(command))
    assert first[0].state == "accepted"
    region.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    late = region.late_order(KIOSK, "reboot")
    outcome = region.wait(lambda heard: ended(heard.outcomes(late)))[0]
    assert outcome.state == "expired"


def test_a_clean_stop_is_said_and_a_crash_is_said_by_the_last_will(
    agent: Agent, region: Region
) -> None:
    agent.start()
    region.wait(Region.presences)
    assert agent.stop() == 0
    region.wait(lambda heard: heard.presences()[-1].reason == "stopping")
    agent.start()
    born = region.wait(lambda heard: heard.presences()[2:])[0]
    agent.kill()
    region.wait(lambda heard: heard.presences()[-1].reason == "lost")
    lost = region.presences()[-1]
    assert (lost.is_online, lost.session) == (False, born.session)


def test_two_agents_never_share_one_folder(agent: Agent, region: Region) -> None:
    agent.start()
    region.wait(Region.presences)
    twin = agent.twin()
    assert twin.returncode == 1
    assert "state is in use, must belong to one agent only" in twin.stderr


def ended(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes once the last is final."""
    return outcomes if outcomes and outcomes[-1].state.is_final else []
