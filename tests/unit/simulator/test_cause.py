"""Outages on purpose: whose lines, and only in a demonstration that runs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator import region
from simulator.demo.cause import FOR, Trouble, cause, choose
from simulator.demo.layout import Layout
from simulator.demo.prepare import REAL, REGION
from simulator.errors import DemoError

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
PLACES = region.read(REGION)


def test_a_provider_has_lines_in_several_departments_and_not_this_machines() -> None:
    cut = choose(PLACES, Trouble.PROVIDER)
    assert {place.provider for place in PLACES if place.kiosk in cut.kiosks} == {cut.name}
    assert len({kiosk[4:6] for kiosk in cut.kiosks}) >= 3
    assert REAL not in cut.kiosks


def test_a_site_is_one_roof_over_several_kiosks() -> None:
    cut = choose(PLACES, Trouble.SITE)
    assert len(cut.kiosks) >= 2
    assert len({place.site for place in PLACES if place.kiosk in cut.kiosks}) == 1


def test_kiosks_of_one_roof_have_one_line() -> None:
    lines = {(place.site, place.provider) for place in PLACES}
    assert len(lines) == len({place.site for place in PLACES})
    assert "" not in {place.provider for place in PLACES}


def test_nothing_is_caused_where_no_demonstration_runs(tmp_path: Path) -> None:
    with Layout(tmp_path).locked(fresh=False):
        pass
    with pytest.raises(DemoError, match="no demonstration runs"):
        cause(Layout(tmp_path), Trouble.PROVIDER, NOW)


def test_the_demonstration_that_runs_is_told_and_can_be_told_to_stop(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with layout.locked(fresh=False):
        said = cause(layout, Trouble.SITE, NOW)
        (written,) = json.loads(layout.outages.read_bytes())
        assert f"{len(written['kiosks'])} kiosks" in said
        ends = datetime.fromisoformat(written["ends_at"])
        assert ends - NOW == FOR == timedelta(minutes=10)
        cause(layout, Trouble.NONE, NOW)
        assert json.loads(layout.outages.read_bytes()) == []
