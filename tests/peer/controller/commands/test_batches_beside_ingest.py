"""A batch and ingest on the same kiosks, on PostgreSQL: one waits for the other, none crosses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.peer.postgres import Postgres, toml
from tests.peer.region import Region, wait_until

FIRST, SECOND = "pvp-63003-1", "pvp-63003-2"
_BEGIN = """
import sys, django
django.setup()
from django.utils import timezone
from controller.commands import batches
from controller.fleet.models import Status
for kiosk in sys.argv[1:]:
    Status.objects.create(
        kiosk_id=kiosk, presence_since=timezone.now(), last_heard_at=timezone.now(),
        touched_at=timezone.now())
batches.create(kiosks=list(reversed(sys.argv[1:])), name="ping", args={}, user=None, actor="x",
    rolling=batches.Rolling(at_a_time=2, pause_s=0))
"""
_TURN = """
import django
django.setup()
from django.utils import timezone
from controller.commands import batches
print(batches.turn(timezone.now()), end="")
"""
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
_LOCK = "SELECT 1 FROM fleet_status WHERE kiosk_id = %s FOR UPDATE"


@pytest.fixture
def region(tmp_path: Path, postgres: Postgres) -> Iterator[Region]:
    with Region(tmp_path, toml(postgres)) as made:
        yield made


def test_orders_are_given_in_the_order_in_which_ingest_takes_kiosks(
    region: Region, postgres: Postgres
) -> None:
    region.plant(FIRST, SECOND)
    region.python(_BEGIN, FIRST, SECOND)
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(postgres.url) as ingest,
        psycopg.connect(postgres.url, autocommit=True) as watcher,
    ):
        ingest.execute(_LOCK, [FIRST])
        turn = pool.submit(region.python, _TURN)
        wait_until(
            lambda: watcher.execute(_WAITING).fetchall() == [(1,)], "the batch behind ingest"
        )
        ingest.execute(_LOCK, [SECOND])  # a deadlock would end one of the two
        ingest.commit()
        assert turn.result() == "True"
