"""Time that passes only while a host is open: at night, on holidays, and when clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.fleet.opening import after_open_seconds, closes_within, is_open_at, open_seconds

PARIS = "Europe/Paris"
HALL = "Mo-Fr 09:00-12:00,14:00-17:00; PH off"
HOURS = ("", "24/7", HALL, "Mo-Su 00:00-24:00", "Sa 01:00-04:00; Su 01:00-04:00")
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001 - made aware here
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (utc(11, 24, 8), True),  # nine o'clock in winter
        (utc(11, 24, 7, 59), False),
        (utc(7, 15, 7), True),  # nine o'clock in summer
        (utc(7, 14, 8), False),  # the national day
        (utc(11, 28, 9), False),  # a Saturday
    ],
)
def test_a_host_is_open_by_its_own_wall_clock(at: datetime, expected: bool) -> None:
    assert is_open_at(HALL, at, PARIS) is expected


def test_a_working_day_has_six_hours_and_a_week_with_a_holiday_four_days() -> None:
    assert open_seconds(HALL, utc(11, 24, 0), utc(11, 25, 0), PARIS) == 6 * 3600
    assert open_seconds(HALL, utc(11, 9, 0), utc(11, 16, 0), PARIS) == 4 * 6 * 3600


def test_the_nights_when_clocks_change_are_an_hour_shorter_and_longer() -> None:
    day = "Mo-Su 00:00-24:00"
    assert open_seconds(day, utc(3, 28, 23), utc(3, 29, 22), PARIS) == 23 * 3600
    assert open_seconds("Su 01:00-04:00", utc(3, 28, 12), utc(3, 29, 12), PARIS) == 2 * 3600
    assert open_seconds("Su 01:00-04:00", utc(10, 24, 12), utc(10, 25, 12), PARIS) == 4 * 3600


def test_a_grace_that_is_not_over_at_noon_goes_on_after_lunch() -> None:
    assert after_open_seconds(HALL, utc(11, 24, 10, 50), 1500, PARIS) == utc(11, 24, 13, 15)


def test_a_kiosk_switched_off_just_before_the_door_is_closed_is_so_for_the_night() -> None:
    assert closes_within(HALL, utc(11, 24, 15, 45), 1800, PARIS)
    assert not closes_within(HALL, utc(11, 24, 15, 15), 1800, PARIS)


def test_a_place_that_never_opens_reaches_nothing() -> None:
    assert after_open_seconds("Mo-Su off", utc(11, 24, 0), 1, PARIS) is None


@given(st.sampled_from(HOURS), INSTANTS, st.integers(0, 200_000), st.integers(0, 200_000))
def test_open_time_adds_up(hours: str, start: datetime, one: int, other: int) -> None:
    middle, end = start + timedelta(seconds=one), start + timedelta(seconds=one + other)
    parts = open_seconds(hours, start, middle, PARIS) + open_seconds(hours, middle, end, PARIS)
    assert parts == open_seconds(hours, start, end, PARIS)


@given(st.sampled_from(HOURS), INSTANTS, st.integers(1, 200_000))
def test_the_instant_that_is_reached_is_the_first_with_so_much_open_time(
    hours: str, start: datetime, seconds: int
) -> None:
    reached = after_open_seconds(hours, start, seconds, PARIS)
    assert reached is not None
    assert open_seconds(hours, start, reached, PARIS) == seconds
    before = reached - timedelta(seconds=1)
    assert open_seconds(hours, start, before, PARIS) < seconds
