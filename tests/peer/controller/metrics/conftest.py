"""A small region whose pages are open, and a token to read them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.region import Region

_FLEET = """
import django
django.setup()
from django.utils import timezone
from tests import fleets
from tests.unit.controller.metrics.test_scrape import device
now = timezone.now()
for name, is_online in (("pvp-63003-1", True), ("pvp-63003-2", False)):
    kiosk = fleets.kiosk(name)
    fleets.status(kiosk, now, is_online=is_online, readiness="not-ready", because=["printer"])
    device(kiosk, "network", "ok", now, rtt_ms=38.0, loss_percent=0.5, rx_errors=3)
    device(kiosk, "printer", "failed", now, toner_percent=4)
"""


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with Region(tmp_path_factory.mktemp("region")) as region:
        region.python(_FLEET)
        region.start_web()
        yield region


@pytest.fixture(scope="module")
def token(region: Region) -> Path:
    region.vigie("user", "add", "monitor", "--role", "viewer")
    secret = re.search(r"vigie_\S+", region.vigie("user", "token", "monitor", "--name", "scrape"))
    assert secret is not None
    path = region.home.parent / "token"
    path.write_text(secret[0])
    return path
