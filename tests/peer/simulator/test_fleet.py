"""A simulated fleet on a real broker, heard by a small other_end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.messages import Inventory, Outcome
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd
from tests.peer.simulator.running import Fleet

ONE, TWO = "pvp-63003-1", "exp-63113-1"


@pytest.fixture
def fleet(
    tmp_path: Path, authority: Authority, broker: Broker, other_end: OtherEnd
) -> Iterator[Fleet]:
    """Started once somebody listens: what is said to nobody is said again only minutes later."""
    made = Fleet(tmp_path / "fleet", authority, broker.port, ONE, TWO)
    made.start()
    yield made
    made.stop()


def test_each_kiosk_says_who_it_is_and_all_its_devices(fleet: Fleet, other_end: OtherEnd) -> None:
    fleet.wait(lambda census: census["online"] == 2)
    full = other_end.wait(lambda heard: len(heard.reports()) >= 2 and heard.reports())
    assert all(report.is_full for report in full)
    assert {"system", "camera", "printer"} <= {device.id for device in full[0].devices}
    inventories = [one for _, one in other_end.heard if isinstance(one, Inventory)]
    assert all(one.facts["simulated"] is True for one in inventories)


def test_what_is_committed_is_forgotten(fleet: Fleet, other_end: OtherEnd) -> None:
    other_end.wait(lambda heard: len(heard.reports()) >= 2)
    fleet.wait(lambda census: census["online"] == 2 and census["pending"] == 0)


def test_without_an_ack_all_is_kept_and_said_again_after_the_broker_died(
    fleet: Fleet, other_end: OtherEnd, broker: Broker
) -> None:
    other_end.is_acknowledging = False
    other_end.wait(lambda heard: len(heard.reports()) >= 2)
    first = fleet.wait(lambda census: census["pending"] >= 2)
    broker.kill()
    broker.start()
    other_end.is_acknowledging = True
    other_end.wait(lambda heard: sum(one.seq == 1 for one in heard.reports()) >= 4)
    after = fleet.wait(lambda census: census["online"] == 2 and census["pending"] == 0)
    assert after["connects"] > first["connects"]
    assert {one.seq for one in other_end.reports()} == {1, 2}


def test_a_clean_stop_says_goodbye_for_each(fleet: Fleet, other_end: OtherEnd) -> None:
    fleet.wait(lambda census: census["online"] == 2)
    assert fleet.stop() == 0
    other_end.wait(lambda heard: sum(one.reason == "stopping" for one in heard.presences()) == 2)
    assert not other_end.presences()[-1].is_online


def test_a_redelivered_reboot_runs_once(fleet: Fleet, other_end: OtherEnd) -> None:
    fleet.wait(lambda census: census["online"] == 2)
    command = other_end.order(ONE, "reboot")
    other_end.deliver(ONE, command, 60)
    other_end.wait(lambda heard: any(_is_final(one) for one in heard.outcomes(command)))
    other_end.deliver(ONE, command, 60)
    ping = other_end.order(ONE, "ping")
    other_end.wait(lambda heard: any(_is_final(one) for one in heard.outcomes(ping)))
    states = [outcome.state for outcome in other_end.outcomes(command)]
    assert states == ["accepted", "running", "succeeded"]


def test_a_kiosk_without_certificate_is_named_before_anything_starts(
    tmp_path: Path, authority: Authority, broker: Broker
) -> None:
    fleet = Fleet(tmp_path / "fleet", authority, broker.port, ONE)
    (authority.ca.parent / f"{ONE}.pem").unlink()
    fleet.start()
    assert fleet.wait_end() == 1
    assert f"({ONE} is the first)" in fleet.log.read_text()


def _is_final(outcome: Outcome) -> bool:
    return outcome.state.is_final
