"""A line that is cut on purpose while the fleet runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator import outages
from simulator.outages import Outage
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd
from tests.peer.simulator.running import Fleet

CUT, WHOLE = "pvp-63003-1", "pvp-63003-2"


def test_the_last_will_tells_of_a_cut_line_and_the_kiosk_is_back_when_it_is_mended(
    tmp_path: Path, authority: Authority, broker: Broker, other_end: OtherEnd
) -> None:
    said = tmp_path / "outages.json"
    fleet = Fleet(tmp_path / "fleet", authority, broker.port, CUT, WHOLE)
    fleet.start("--outages", str(said), "--will-delay", "0")
    fleet.wait(lambda census: census["online"] == 2)
    outages.write(said, [Outage((CUT,), datetime.now(UTC) + timedelta(hours=1))])
    fleet.wait(lambda census: census["online"] == 1)
    other_end.wait(lambda heard: len(heard.presences()) == 3)
    outages.write(said, ())
    fleet.wait(lambda census: census["online"] == 2)
    other_end.wait(lambda heard: len(heard.presences()) == 4)
    assert fleet.stop() == 0

    reasons = [presence.reason for presence in other_end.presences()[:4]]
    assert reasons == ["connected", "connected", "lost", "connected"]
