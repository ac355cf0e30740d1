"""Opening hours: what is understood, and what is not guessed at."""

from datetime import datetime

import pytest

from controller.fleet.hours import is_open

MONDAY, THURSDAY, SATURDAY, SUNDAY = 23, 26, 28, 29
ARMISTICE = 11  # a Wednesday


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A wall clock in November 2026."""
    return datetime(2026, 11, day, hour, minute)  # noqa: DTZ001 - a wall clock


TOWN_HALL = "Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00"


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        (TOWN_HALL, at(MONDAY, 8, 30), True),
        (TOWN_HALL, at(MONDAY, 8, 29), False),
        (TOWN_HALL, at(MONDAY, 12), False),
        (TOWN_HALL, at(THURSDAY, 17, 29), True),
        (TOWN_HALL, at(SATURDAY, 10), True),
        (TOWN_HALL, at(SATURDAY, 15), False),
        (TOWN_HALL, at(SUNDAY, 10), False),
        ("Mo,Th 14:00-18:00", at(THURSDAY, 15), True),
        ("Mo,Th 14:00-18:00", at(MONDAY + 1, 15), False),
        ("Sa-Mo 10:00-11:00", at(SUNDAY, 10), True),
        ("Sa-Mo 10:00-11:00", at(THURSDAY, 10), False),
        ("09:00-12:00", at(SUNDAY, 10), True),
        ("24/7", at(SUNDAY, 3), True),
        ("Mo-Fr 09:00-12:00; PH off", at(MONDAY, 10), True),
        ("Mo-Fr 09:00-12:00; PH off", at(ARMISTICE, 10), False),
        ("PH off; Mo-Fr 09:00-12:00", at(ARMISTICE, 10), False),
        ("Mo-Fr 09:00-12:00; Su,PH 10:00-11:00", at(ARMISTICE, 10), True),
        ("Mo-Fr 09:00-12:00", at(ARMISTICE, 10), True),
    ],
)
def test_a_place_is_open_in_its_hours(hours: str, moment: datetime, expected: bool) -> None:
    assert is_open(hours, moment) is expected


def test_a_later_rule_replaces_an_earlier_one_for_its_days() -> None:
    assert is_open("Mo-Fr 09:00-17:00; Th off", at(THURSDAY, 10)) is False


@pytest.mark.parametrize(
    "hours",
    ["", "by appointment", "sunrise-sunset", "Mo-Fr 09:00+", "Xx 09:00-12:00", "25:00-1:00"],
)
def test_what_is_not_understood_is_neither_open_nor_closed(hours: str) -> None:
    assert is_open(hours, at(MONDAY, 10)) is None
