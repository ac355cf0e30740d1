"""The same worker on PostgreSQL, by the one setting."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Ack, Command, Report, decode, encode
from contract.topics import Channel, build
from tests import fleets
from tests.peer import hostile
from tests.peer.mqtt import Voice
from tests.peer.postgres import Postgres, toml
from tests.peer.region import Papers, Region, wait_until

KIOSK = "pvp-63003-1"
INGESTS = ("vigie-ingest", "vigie-ingest-2")

_ORDER = """
import sys, django
django.setup()
from controller.commands.services import order
from controller.fleet.models import Kiosk
command = order(kiosk=Kiosk(pk=sys.argv[1]), name="ping", args={}, user=None, actor="cli:root")
print(command.pk, end="")
"""
_LOOK = """
import json, sys, django
django.setup()
from controller.commands.models import Command
from controller.fleet.models import Device, Reading, Status
from controller.ingest.models import Received, Rejected
json.dump({
    "states": {str(pk): state for pk, state in Command.objects.values_list("pk", "state")},
    "received": Received.objects.count(),
    "statuses": list(Status.objects.values_list("presence_reason", "inventory__facts")),
    "devices": list(Device.objects.values_list("facts", "measured_at__year")),
    "rejected": Rejected.objects.count(),
    "readings": list(Reading.objects.values_list("series__metric", "mean", "count")),
}, sys.stdout)
"""

_STREAM = """
INSERT INTO ingest_stream (kiosk_id, epoch, watermark, ahead, lost, first_at)
VALUES (%s, %s, 0, '[]', 0, now())
"""


@pytest.fixture
def region(tmp_path: Path, postgres: Postgres) -> Iterator[Region]:
    with Region(tmp_path, toml(postgres)) as made:
        yield made


@pytest.fixture
def papers(region: Region) -> Papers:
    found = region.enrol(KIOSK)[KIOSK]
    region.start_broker()
    return found


def look(region: Region) -> dict[str, Any]:
    """What is stored of commands and readings."""
    found: dict[str, Any] = json.loads(region.python(_LOOK))
    return found


def report(seq: int, cpu_percent: float) -> Report:
    """A full report of a kiosk that has one device."""
    return Report(
        epoch=fleets.EPOCH,
        seq=seq,
        at=datetime(2026, 3, 2, 12, tzinfo=UTC),
        clock_trusted=True,
        boot_id="boot-1",
        is_full=True,
        devices=(DeviceState("system", "system", Health.OK, (), {"cpu_percent": cpu_percent}),),
        verdict=Verdict(Readiness.READY),
    )


def await_sent(region: Region, command: str) -> None:
    wait_until(lambda: look(region)["states"][command] == "sent", f"{command} sent")


def test_one_of_two_workers_leads_also_after_the_database_was_away(
    region: Region, papers: Papers, postgres: Postgres
) -> None:
    with Voice(region.broker_port, papers, keeps_session=True) as kiosk:
        kiosk.subscribe(build(KIOSK, Channel.COMMAND))
        region.start("worker", label="first")
        wait_until(lambda: "leading" in region.log("first"), "the first worker's lead")
        region.start("worker", label="second")
        wait_until(lambda: "another worker leads" in region.log("second"), "the second's patience")
        await_sent(region, region.python(_ORDER, KIOSK))
        postgres.restart()
        command = region.python(_ORDER, KIOSK)
        await_sent(region, command)
        region.kill("first")
        last = region.python(_ORDER, KIOSK)
        await_sent(region, last)
        heard = [decode(Channel.COMMAND, payload) for _, payload in kiosk.heard]
        assert {word.id for word in heard if isinstance(word, Command)} == set(
            look(region)["states"]
        )


def test_a_report_on_the_wire_becomes_a_reading(region: Region, papers: Papers) -> None:
    region.start("ingest")
    reports = [encode(report(seq, value)) for seq, value in enumerate((1.0, 3.0), start=1)]
    with Voice(region.broker_port, papers) as kiosk:
        topic = build(KIOSK, Channel.REPORT)
        wait_until(lambda: kiosk.say(topic, reports[0]) == "Success", "somebody who listens")
        kiosk.say(topic, reports[1])
        wait_until(lambda: look(region)["received"] == 2, "both reports")
    region.start("worker")
    wait_until(lambda: look(region)["readings"] == [["cpu_percent", 2.0, 2]], "the reading")
    weighed = json.loads(region.vigie("storage", "--json"))
    assert weighed["bytes_per_kiosk_day"] > 0


def test_the_hostile_stops_nothing_and_can_be_read_back(region: Region, papers: Papers) -> None:
    region.start("ingest")
    said = [
        (Channel.PRESENCE, hostile.presence(hostile.NUL)),
        (Channel.INVENTORY, hostile.inventory(hostile.NUL)),
        *((Channel.REPORT, hostile.report(seq, at)) for seq, at in enumerate(hostile.FAR, 1)),
        *((Channel.OUTCOME, hostile.outcome(seq, at)) for seq, at in enumerate(hostile.FAR, 3)),
        (Channel.REPORT, hostile.report(5, text=hostile.NUL)),
    ]
    with Voice(region.broker_port, papers) as kiosk:
        kiosk.subscribe(build(KIOSK, Channel.ACK))
        wait_until(lambda: "connected" in region.log("ingest"), "ingest connected")
        for channel, payload in said:
            kiosk.say(build(KIOSK, channel), payload)
        kiosk.wait_for(build(KIOSK, Channel.ACK), encode(Ack(hostile.EPOCH, 5)))
    found = look(region)
    assert (found["received"], found["rejected"]) == (1, 4)
    text = "a\ufffdb"
    assert found["statuses"] == [[text, {f"f{text}": text}]]
    assert found["devices"] == [[{f"f{text}": text}, 2026]]


def test_two_ingests_that_share_a_fleet_never_cross(tmp_path: Path, postgres: Postgres) -> None:
    """What waits for both names the same kiosks in opposite orders, and both meet at one row."""
    names = [f"pvp-63003-{number}" for number in range(1, 10)]
    with Region(tmp_path, toml(postgres)) as region:
        region.vigie("init", "--ingests", "2")
        papers = region.enrol(*names)
        region.start_broker()
        start_ingests(region)
        with ExitStack() as stack, psycopg.connect(postgres.url) as database:
            kiosks = [
                (name, stack.enter_context(Voice(region.broker_port, papers[name])))
                for name in names
            ]
            for name in INGESTS:
                region.stop(name)
            say_report(kiosks, 1)
            say_report(kiosks[::-1], 2)  # nine: each ingest gets the others' now
            database.execute(_STREAM, (names[4], fleets.EPOCH))
            start_ingests(region)
            wait_until(lambda: waiting(database) == 2, "both wait for it")
            database.rollback()
            wait_until(lambda: look(region)["received"] == 18, "two reports of each")
        for name in INGESTS:
            assert "does not take" not in region.log(name)


def start_ingests(region: Region) -> None:
    """Both at once; returns when both are connected."""
    before = [region.log(name).count("connected") for name in INGESTS]
    for name in INGESTS:
        region.start("ingest", "--name", name, "--shared", label=name)
    for name, count in zip(INGESTS, before, strict=True):
        wait_until(lambda: region.log(name).count("connected") > count, name)  # noqa: B023


def say_report(kiosks: list[tuple[str, Voice]], seq: int) -> None:
    for name, kiosk in kiosks:
        kiosk.say(build(name, Channel.REPORT), encode(report(seq, 1.0)))


def waiting(database: psycopg.Connection) -> int:
    """How many other sessions wait for a lock."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    row = database.execute(asked).fetchone()
    return int(row[0]) if row else 0
