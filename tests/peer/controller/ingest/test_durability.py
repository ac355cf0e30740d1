"""Nothing said is lost and nothing counted twice, whoever is killed and whatever is sent."""

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from contract import messages
from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Ack, Report
from tests.peer import hostile
from tests.peer.mqtt import Voice
from tests.peer.region import Papers, Region, wait_until

INGEST = "vigie-ingest"
KIOSK = "pvp-63003-1"
REPORT = f"vigie/1/{KIOSK}/report"
ACK = f"vigie/1/{KIOSK}/ack"
EPOCH = "00000000000000aa"


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as made:
        made.start_broker()
        yield made


@pytest.fixture
def papers(region: Region) -> Papers:
    return region.enrol(KIOSK)[KIOSK]


def _listen(region: Region, *arguments: str, name: str = INGEST) -> None:
    """Start an ingest; it hears what is said from now on."""
    region.start("ingest", "--name", name, *arguments, label=name)
    wait_until(lambda: "connected" in region.log(name), f"{name} connected")


def _report(seq: int, health: Health = Health.OK, floor: int = 1) -> bytes:
    return messages.encode(
        Report(
            epoch=EPOCH,
            seq=seq,
            floor=floor,
            at=datetime.now(UTC),
            clock_trusted=True,
            boot_id="boot",
            is_full=True,
            devices=(DeviceState("camera", "camera", health),),
            verdict=Verdict(Readiness.READY),
        )
    )


def _ask(region: Region, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(region.home / "vigie.sqlite3", timeout=10)) as database:
        return database.execute(sql).fetchall()


def _stored(region: Region) -> list[int]:
    return [
        int(str(row[0])) for row in _ask(region, "SELECT seq FROM ingest_received ORDER BY seq")
    ]


def _wait_for_ack(voice: Voice, seq: int) -> None:
    voice.wait_for(ACK, messages.encode(Ack(EPOCH, seq)))


def test_an_ack_comes_only_for_what_the_database_holds(region: Region, papers: Papers) -> None:
    _listen(region)
    with Voice(region.broker_port, papers) as voice:
        voice.subscribe(ACK)
        for seq in range(1, 30):
            voice.say(REPORT, _report(seq))
            acked = [msgspec.json.decode(payload)["seq"] for _, payload in list(voice.heard)]
            assert _stored(region)[: max(acked, default=0)] == list(
                range(1, max(acked, default=0) + 1)
            )
        _wait_for_ack(voice, 29)
    assert _stored(region) == list(range(1, 30))


def test_ingest_killed_again_and_again_loses_and_repeats_nothing(
    region: Region, papers: Papers
) -> None:
    _listen(region)
    with Voice(region.broker_port, papers, keeps_session=True) as voice:
        for seq in range(1, 601):
            voice.say(REPORT, _report(seq))
            if seq % 150 == 0:
                region.kill(INGEST)
                _listen(region)
        wait_until(lambda: len(_stored(region)) == 600, "600 messages stored")
    assert _stored(region) == list(range(1, 601))
    assert _ask(region, "SELECT watermark, ahead, lost FROM ingest_stream") == [(600, "[]", 0)]


def test_broker_killed_brings_retained_state_and_waiting_messages_back(
    region: Region, papers: Papers
) -> None:
    _listen(region)
    region.stop(INGEST)
    with Voice(region.broker_port, papers) as voice:
        for seq in range(1, 101):
            voice.say(REPORT, _report(seq))
    time.sleep(3)  # the broker saves what waits once in two seconds
    region.kill("broker")
    region.start_broker()
    _listen(region)
    wait_until(lambda: len(_stored(region)) == 100, "100 messages stored")


def test_a_locked_database_holds_messages_up_and_loses_none(region: Region, papers: Papers) -> None:
    _listen(region)
    with Voice(region.broker_port, papers) as voice:
        voice.subscribe(ACK)
        voice.say(REPORT, _report(1))
        _wait_for_ack(voice, 1)
        with closing(sqlite3.connect(region.home / "vigie.sqlite3", isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            for seq in range(2, 52):
                voice.say(REPORT, _report(seq))
            wait_until(lambda: "database does not take" in region.log(INGEST), "word of the lock")
            lock.execute("ROLLBACK")
        _wait_for_ack(voice, 51)
    assert _stored(region) == list(range(1, 52))
    assert region.log(INGEST).count("does not take") == 1


def test_the_hostile_is_counted_and_kept_and_stops_nothing(region: Region, papers: Papers) -> None:
    _listen(region)
    hostile = [b"", b"{", b"\xff\xfe\x00", b"[" * 30_000, json.dumps({"seq": "x"}).encode()]
    half = b'{"epoch": "00000000000000aa", "seq": 2, "devices": "none"}'
    with Voice(region.broker_port, papers) as voice:
        voice.subscribe(ACK)
        voice.say(REPORT, _report(1))
        for payload in [*hostile, half]:
            voice.say(REPORT, payload)
        voice.say(REPORT, _report(3))
        _wait_for_ack(voice, 3)
    assert _stored(region) == [1, 3]
    rejected = _ask(region, "SELECT payload FROM ingest_rejected ORDER BY id")
    assert len(rejected) == len(hostile) + 1
    assert _ask(region, "SELECT stored, duplicates, rejected FROM ingest_tally") == [(2, 0, 6)]


def test_a_time_that_is_none_is_counted_kept_and_acknowledged(
    region: Region, papers: Papers
) -> None:
    _listen(region)
    with Voice(region.broker_port, papers) as voice:
        voice.subscribe(ACK)
        for seq, at in enumerate(hostile.FAR, start=1):
            voice.say(REPORT, hostile.report(seq, at))
            voice.say(f"vigie/1/{KIOSK}/outcome", hostile.outcome(seq + 2, at))
        voice.say(REPORT, _report(5))
        _wait_for_ack(voice, 5)
    assert _stored(region) == [5]
    assert len(_ask(region, "SELECT payload FROM ingest_rejected")) == 4
    assert _ask(region, "SELECT stored, duplicates, rejected FROM ingest_tally") == [(1, 0, 4)]


def test_a_nul_in_what_a_kiosk_says_is_stored_as_something_else(
    region: Region, papers: Papers
) -> None:
    _listen(region)
    with Voice(region.broker_port, papers) as voice:
        voice.subscribe(ACK)
        voice.say(f"vigie/1/{KIOSK}/presence", hostile.presence(hostile.NUL))
        voice.say(f"vigie/1/{KIOSK}/inventory", hostile.inventory(hostile.NUL))
        voice.say(REPORT, hostile.report(1, text=hostile.NUL))
        _wait_for_ack(voice, 1)
    assert _ask(region, "SELECT presence_reason, boot_id FROM fleet_status") == [
        ("a\ufffdb", "a\ufffdb")
    ]
    facts = str(_ask(region, "SELECT facts FROM fleet_device")[0][0])
    assert json.loads(facts) == {"fa\ufffdb": "a\ufffdb"}
    assert _ask(region, "SELECT stored, duplicates, rejected FROM ingest_tally") == [(1, 0, 0)]


def test_rejected_messages_are_bounded(tmp_path: Path) -> None:
    with Region(tmp_path, "[retention]\nrejected_rows = 10\n") as region:
        region.start_broker()
        papers = region.enrol(KIOSK)[KIOSK]
        _listen(region)
        with Voice(region.broker_port, papers) as voice:
            for number in range(40):
                voice.say(REPORT, b"bad %d" % number)
            wait_until(
                lambda: _ask(region, "SELECT rejected FROM ingest_tally") == [(40,)], "40 counted"
            )
        kept = [bytes(row[0]) for row in _ask(region, "SELECT payload FROM ingest_rejected")]  # type: ignore[call-overload]
    assert kept == [b"bad %d" % number for number in range(30, 40)]


def test_a_full_outbox_shows_as_a_gap(region: Region, papers: Papers) -> None:
    _listen(region)
    with Voice(region.broker_port, papers) as voice:
        voice.subscribe(ACK)
        voice.say(REPORT, _report(1))
        voice.say(REPORT, _report(8, floor=8))
        _wait_for_ack(voice, 8)
    assert _ask(region, "SELECT first, last FROM ingest_gap") == [(2, 7)]
    assert _ask(region, "SELECT watermark, lost FROM ingest_stream") == [(8, 6)]


def test_two_ingests_share_the_fleet_and_store_each_message_once(tmp_path: Path) -> None:
    with Region(tmp_path) as region:
        region.vigie("init", "--ingests", "2")
        region.start_broker()
        papers = region.enrol(KIOSK)[KIOSK]
        for name in (INGEST, "vigie-ingest-2"):
            _listen(region, "--shared", name=name)
        with Voice(region.broker_port, papers) as voice:
            voice.subscribe(ACK)
            for seq in range(1, 301):
                voice.say(REPORT, _report(seq, Health.OK if seq % 2 else Health.FAILED))
            _wait_for_ack(voice, 300)
        shares = _ask(region, "SELECT stored FROM ingest_tally ORDER BY name")
    assert _stored(region) == list(range(1, 301))
    assert sum(int(str(row[0])) for row in shares) == 300
    assert len(shares) == 2


def test_stopping_leaves_what_is_not_stored_with_the_broker(region: Region, papers: Papers) -> None:
    _listen(region)
    with Voice(region.broker_port, papers) as voice:
        voice.say(REPORT, _report(1))
        with closing(sqlite3.connect(region.home / "vigie.sqlite3", isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            voice.say(REPORT, _report(2))
            time.sleep(0.5)
            assert region.stop(INGEST) in (0, 1, -signal.SIGKILL)
            lock.execute("ROLLBACK")
        _listen(region)
        wait_until(lambda: _stored(region) == [1, 2], "both stored")
