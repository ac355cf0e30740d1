"""Maintenance windows, by the kiosk's own clock."""

from datetime import UTC, datetime

import pytest

from controller.configuration.document import Day, Maintenance
from controller.rollouts.windows import is_open

NIGHT, NOON = Maintenance(), Maintenance(start="12:00", end="14:00")
MONDAY_NIGHT = Maintenance(days=(Day.MONDAY,), start="22:00", end="05:00")


@pytest.mark.parametrize(
    ("window", "at", "expected"),
    [
        (NIGHT, datetime(2026, 12, 1, 20, 59, tzinfo=UTC), False),
        (NIGHT, datetime(2026, 12, 1, 21, 0, tzinfo=UTC), True),  # 22:00 in Paris, in winter
        (NIGHT, datetime(2026, 7, 1, 20, 0, tzinfo=UTC), True),  # and in summer
        (NIGHT, datetime(2026, 12, 1, 4, 0, tzinfo=UTC), False),
        (NOON, datetime(2026, 12, 1, 12, 30, tzinfo=UTC), True),
        (NOON, datetime(2026, 12, 1, 13, 0, tzinfo=UTC), False),
        (MONDAY_NIGHT, datetime(2026, 11, 30, 22, 0, tzinfo=UTC), True),
        (MONDAY_NIGHT, datetime(2026, 12, 1, 2, 0, tzinfo=UTC), True),  # Tuesday, still its night
        (MONDAY_NIGHT, datetime(2026, 12, 1, 22, 0, tzinfo=UTC), False),
        (MONDAY_NIGHT, datetime(2026, 11, 30, 2, 0, tzinfo=UTC), False),  # Sunday's night
        (Maintenance(start="00:00", end="00:00"), datetime(2026, 12, 1, 9, tzinfo=UTC), True),
        (Maintenance(days=()), datetime(2026, 12, 1, 23, tzinfo=UTC), False),
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_it_begins_on(
    window: Maintenance, at: datetime, expected: bool
) -> None:
    assert is_open(window, "Europe/Paris", at) is expected


def test_a_zone_that_is_none_is_taken_for_that_of_the_region() -> None:
    at = datetime(2026, 12, 1, 21, 30, tzinfo=UTC)
    assert is_open(NIGHT, "Europe/Nowhere", at)
