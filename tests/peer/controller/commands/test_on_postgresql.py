"""The same worker on PostgreSQL, by the one setting."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Command, Report, decode, encode
from contract.topics import Channel, build
from tests import fleets
from tests.peer.mqtt import Voice
from tests.peer.postgres import Postgres, binaries
from tests.peer.region import Papers, Region, wait_until

KIOSK = "pvp-63003-1"

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
from controller.fleet.models import Reading
from controller.ingest.models import Received
json.dump({
    "states": {str(pk): state for pk, state in Command.objects.values_list("pk", "state")},
    "received": Received.objects.count(),
    "readings": list(Reading.objects.values_list("series__metric", "mean", "count")),
}, sys.stdout)
"""


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    programs = binaries()
    if programs is None:
        pytest.skip("postgresql is not installed")
    with Postgres(programs) as server:
        yield server


@pytest.fixture
def region(tmp_path: Path, postgres: Postgres) -> Iterator[Region]:
    with Region(tmp_path, f'[database]\nurl = "{postgres.url}"\n') as made:
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
