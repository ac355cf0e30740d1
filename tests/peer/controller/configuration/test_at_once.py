"""Edits at the same moment, each good by itself, break no kiosk together; on both databases."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.region import Region

_MANY = """
import json, sys, threading, django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from controller.configuration import services
from controller.configuration.errors import Breaks, Changed
from controller.configuration.merge import LayerId
from controller.configuration.models import Revision
from controller.configuration.pillar import pillar

REGION, KIOSK = LayerId("region", ""), LayerId("kiosk", "pvp-63003-1")
WHOLE = {"printing": {"queues": {"a4": {"uri": "ipp://10.0.0.9/ipp"}}}}
gate = threading.Barrier(2)

def edit(layer, document, **more):
    return services.edit(layer, document, why="at once", user=None, actor="test", **more)

def at_once(*deeds):
    def one(deed):
        gate.wait(30)
        try:
            return deed() and "done"
        except (Breaks, Changed) as err:
            return type(err).__name__
        finally:
            connection.close()
    with ThreadPoolExecutor(2) as threads:
        return sorted(threads.map(one, deeds))

together, same = [], []
for turn in range(8):
    edit(KIOSK, {})
    edit(REGION, WHOLE)
    part = {"printing": {"queues": {"a4": {"driver": f"raw{turn}"}}}}
    together.append(at_once(lambda: edit(REGION, {}), lambda: edit(KIOSK, part)))
    pillar("pvp-63003-1")
edit(KIOSK, {})
for turn in range(8):
    last = Revision.objects.filter(scope="region").latest("pk").pk
    mine, theirs = ({"journal": {"max_mb": size}} for size in (100 + turn, 200 + turn))
    same.append(at_once(
        lambda: edit(REGION, mine, expected=last), lambda: edit(REGION, theirs, expected=last)))
first = at_once(lambda: pillar("pvp-63003-2"), lambda: pillar("pvp-63003-2"))
json.dump({"together": together, "same": same, "first": first}, sys.stdout)
"""


@pytest.fixture
def region(tmp_path: Path, database_toml: str) -> Iterator[Region]:
    with Region(tmp_path, database_toml) as made:
        made.plant("pvp-63003-1", "pvp-63003-2")
        yield made


def test_edits_at_once_break_no_kiosk_and_overwrite_nobody(region: Region) -> None:
    found = json.loads(region.python(_MANY))

    assert found["together"] == [["Breaks", "done"]] * 8
    assert found["same"] == [["Changed", "done"]] * 8
    assert found["first"] == ["done", "done"]
