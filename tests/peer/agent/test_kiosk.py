"""A real agent process, a real broker, and what the other_end hears."""

from contract.messages import Inventory, Outcome
from tests.agents import KIOSK
from tests.peer.agent.running import Agent
from tests.peer.other_end import OtherEnd


def test_a_kiosk_says_who_it_is_and_how_it_is(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    report = other_end.wait(lambda heard: [one for one in heard.reports() if one.is_full])[0]
    assert {"system", "storage", "network"} <= {device.id for device in report.devices}
    assert other_end.presences()[0].is_online
    inventory = next(one for _, one in other_end.heard if isinstance(one, Inventory))
    assert [one.id for one in inventory.declared] == ["system", "storage", "network"]


def test_a_ping_is_answered(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    other_end.wait(OtherEnd.presences)
    command = other_end.order(KIOSK, "ping")
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(command)))
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    assert outcomes[-1].result["uptime_s"] > 0


def test_a_reboot_is_reported_done_only_after_a_new_boot(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    before = other_end.wait(OtherEnd.reports)[0].boot_id
    command = other_end.order(KIOSK, "reboot")
    outcomes = other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    assert [one.state for one in outcomes] == ["accepted", "running", "succeeded"]
    result = outcomes[-1].result
    assert result["simulated"] is True
    assert result["old_boot_id"] == before == outcomes[1].boot_id
    assert result["new_boot_id"] == outcomes[-1].boot_id != before
    assert result["duration_s"] >= 3
    compared = {line.partition(":")[0] for line in result["devices_before"]}
    assert {"system", "storage", "network", "agent"} <= compared
    assert len(result["devices_after"]) == len(compared)
    said = [(one.is_online, one.reason) for one in other_end.presences()]
    assert said[:3] == [(True, "connected"), (False, "rebooting"), (True, "connected")]


def test_a_redelivered_reboot_runs_once(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "reboot")
    other_end.deliver(KIOSK, command, 60)
    other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    other_end.deliver(KIOSK, command, 60)
    ping = other_end.order(KIOSK, "ping")
    other_end.wait(lambda heard: ended(heard.outcomes(ping)))
    assert len(other_end.outcomes(command)) == 3
    assert [one.reason for one in other_end.presences()].count("rebooting") == 1


def test_a_reboot_cut_short_by_a_crash_is_not_begun_again(
    agent: Agent, other_end: OtherEnd
) -> None:
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "reboot", delay_s=1)
    other_end.wait(lambda heard: len(heard.outcomes(command)) == 2)
    agent.kill()
    agent.start()
    other_end.deliver(KIOSK, command, 60)
    ping = other_end.order(KIOSK, "ping")
    other_end.wait(lambda heard: ended(heard.outcomes(ping)))
    assert [one.state for one in other_end.outcomes(command)] == ["accepted", "running"]
    assert "heard before: it is not run twice" in agent.said


def test_a_command_heard_too_late_is_not_run_and_says_so(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    other_end.wait(OtherEnd.reports)
    command = other_end.order(KIOSK, "reboot", expires_in_s=3600)
    first = other_end.wait(lambda heard: heard.outcomes(command))
    assert first[0].state == "accepted"
    other_end.wait(lambda heard: ended(heard.outcomes(command)), timeout_s=60)
    late = other_end.late_order(KIOSK, "reboot")
    outcome = other_end.wait(lambda heard: ended(heard.outcomes(late)))[0]
    assert outcome.state == "expired"


def test_a_clean_stop_is_said_and_a_crash_is_said_by_the_last_will(
    agent: Agent, other_end: OtherEnd
) -> None:
    agent.start()
    other_end.wait(OtherEnd.presences)
    assert agent.stop() == 0
    other_end.wait(lambda heard: heard.presences()[-1].reason == "stopping")
    agent.start()
    born = other_end.wait(lambda heard: heard.presences()[2:])[0]
    agent.kill()
    other_end.wait(lambda heard: heard.presences()[-1].reason == "lost")
    lost = other_end.presences()[-1]
    assert (lost.is_online, lost.session) == (False, born.session)


def test_two_agents_never_share_one_folder(agent: Agent, other_end: OtherEnd) -> None:
    agent.start()
    other_end.wait(OtherEnd.presences)
    twin = agent.twin()
    assert twin.returncode == 1
    assert "state is in use, must belong to one agent only" in twin.stderr


def ended(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes once the last is final."""
    return outcomes if outcomes and outcomes[-1].state.is_final else []
