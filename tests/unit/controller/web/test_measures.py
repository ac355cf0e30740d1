"""Numbers and moments as people read them, in both languages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from controller.web import measures

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture
def french() -> Iterator[None]:
    with translation.override("fr"):
        yield


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("cpu_percent", 31.6, "32\u00a0%"),
        ("loss_percent", 0.4, "0,4\u00a0%"),
        ("loss_percent", 0.04, "0\u00a0%"),
        ("rtt_ms", 49.2, "49\u00a0ms"),
        ("temperature_celsius", 61.0, "61\u00a0°C"),
        ("free_bytes", 12_345_678_901, "12,3\u00a0Go"),
        ("free_bytes", 512, "512\u00a0o"),
        ("uptime_s", 273_600, "3\u00a0j 4\u00a0h"),
        ("pages", 12_345, "12\u00a0345"),
    ],
)
def test_a_measure_carries_its_unit_in_french(name: str, value: float, expected: str) -> None:
    assert measures.metric(name, value) == expected


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("cpu_percent", 31.6, "32%"),
        ("free_bytes", 12_345_678_901, "12.3\u00a0GB"),
        ("uptime_s", 65, "1 min 5 s"),
        ("probe_system_s", 0.25, "0.2 s"),
        ("load_1min", 0.25, "0.25"),
    ],
)
def test_a_measure_carries_its_unit_in_english(name: str, value: float, expected: str) -> None:
    assert measures.metric(name, value) == expected


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(seconds=5), "à l’instant"),
        (timedelta(seconds=-90), "à l’instant"),
        (timedelta(minutes=3), "il y a 3\u00a0min"),
        (timedelta(hours=5), "il y a 5\u00a0h"),
        (timedelta(days=3), "il y a 3\u00a0j"),
    ],
)
def test_how_long_ago_is_read_at_a_glance(before: timedelta, expected: str) -> None:
    assert measures.ago(NOW - before, NOW) == expected


@pytest.mark.usefixtures("english")
def test_a_metric_without_words_keeps_its_name() -> None:
    assert measures.metric_name("belt_speed_ms") == "belt speed"


def test_what_a_printer_uses_up_is_called_by_its_name_and_colour() -> None:
    with translation.override("fr"):
        assert measures.metric_name("toner_black_percent") == "Toner, noir"
        assert measures.metric_name("ink_cyan_2_percent") == "Encre, cyan, 2"
