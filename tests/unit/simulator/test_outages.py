"""Lines that are cut on purpose, as a file says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator import outages
from simulator.outages import Outage, Outages

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_without_a_file_no_line_is_cut(tmp_path: Path) -> None:
    assert Outages(tmp_path / "none.json").cut(NOW) == frozenset()


def test_a_line_is_cut_until_its_outage_ends(tmp_path: Path) -> None:
    path = tmp_path / "outages.json"
    outages.write(path, [Outage(("k1", "k2"), NOW + HOUR), Outage(("k2", "k3"), NOW + 2 * HOUR)])
    read = Outages(path)
    assert read.cut(NOW) == {"k1", "k2", "k3"}
    assert read.cut(NOW + HOUR) == {"k2", "k3"}
    assert read.cut(NOW + 2 * HOUR) == frozenset()


def test_what_is_written_later_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "outages.json"
    read = Outages(path)
    outages.write(path, [Outage(("k1",), NOW + HOUR)])
    assert read.cut(NOW) == {"k1"}
    outages.write(path, ())
    assert read.cut(NOW) == frozenset()


def test_a_file_that_is_wrong_is_named_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outages.json"
    read = Outages(path)
    outages.write(path, [Outage(("k1",), NOW + HOUR)])
    assert read.cut(NOW) == {"k1"}
    path.with_name("broken").write_text('[{"kiosks": "all"}]')
    path.with_name("broken").replace(path)
    assert read.cut(NOW) == {"k1"}
    assert "outages.json" in caplog.text
    assert "must be a list of" in caplog.text
