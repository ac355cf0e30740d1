"""What can be read is decoded, what can not is kept with a reason and, if it has one, its place."""

from pathlib import Path

import msgspec
import pytest

from controller.ingest import arrivals
from controller.ingest.arrivals import Place
from controller.ingest.reader import Arrival

_WIRE = Path(__file__).parents[3] / "fixtures" / "wire"
_BROKEN = b'{"epoch": "00000000000000aa", "seq": 4, "at": "never", "devices": 7}'


@pytest.mark.parametrize("name", ["presence", "inventory", "report", "outcome"])
def test_what_the_agent_encodes_is_read(name: str) -> None:
    payload = (_WIRE / f"{name}.json").read_bytes()
    arrival = Arrival(f"vigie/1/pvp-63003-1/{name}".encode(), payload, 1)
    heard, broken = arrivals.read([arrival])
    assert broken == []
    assert (heard[0].kiosk, heard[0].channel, heard[0].payload) == ("pvp-63003-1", name, payload)


def test_a_broken_message_keeps_its_place_in_the_stream() -> None:
    _, broken = arrivals.read([Arrival(b"vigie/1/pvp-1/report", _BROKEN, 1)])
    assert broken[0].place == Place("00000000000000aa", 4)
    assert broken[0].kiosk == "pvp-1"
    assert "$.at" in broken[0].error


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (b"vigie/1/pvp-1/report", b"\xff" * 100_000),
        (b"vigie/1/pvp-1/command", b"{}"),
        (b"vigie/2/pvp-1/report", b"{}"),
        (b"\xff\x00", b""),
        (b"", b""),
        (b"vigie/1/PVP/report", b"{}"),
    ],
)
def test_the_hostile_is_kept_small_and_stops_nothing(topic: bytes, payload: bytes) -> None:
    heard, broken = arrivals.read([Arrival(topic, payload, 1)])
    assert heard == []
    assert broken[0].place is None
    assert len(broken[0].payload) <= arrivals.KEPT_BYTES
    assert broken[0].error


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("name", ["presence", "inventory", "report", "outcome"])
def test_a_time_that_no_calendar_of_ours_has_is_refused(name: str, at: str) -> None:
    said = msgspec.json.decode((_WIRE / f"{name}.json").read_bytes()) | {"at": at}
    arrival = Arrival(f"vigie/1/pvp-1/{name}".encode(), msgspec.json.encode(said), 1)
    heard, broken = arrivals.read([arrival])
    assert heard == []
    assert (broken[0].place is None) == (name in ("presence", "inventory"))


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "2106-02-07T06:28:15Z"])
def test_the_time_of_a_dead_clock_is_heard(at: str) -> None:
    said = msgspec.json.decode((_WIRE / "report.json").read_bytes()) | {"at": at}
    heard, _ = arrivals.read([Arrival(b"vigie/1/pvp-1/report", msgspec.json.encode(said), 1)])
    assert len(heard) == 1
