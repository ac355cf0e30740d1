"""Buckets of readings: merged, folded into days, and forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.config import Retention
from controller.fleet.models import Kiosk, Reading, Resolution, StateChange
from controller.fleet.readings import Buckets, Place, fold_into_days, hour_of, merge, series
from controller.fleet.retention import forget
from tests import fleets

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def kiosk() -> Kiosk:
    return fleets.kiosk()


def put(kiosk: Kiosk, start: datetime, *values: float) -> None:
    buckets = Buckets()
    for value in values:
        buckets.add(Place(kiosk.pk, "system", "cpu_percent", start), value)
    merge(buckets, Resolution.HOUR)


def stored(resolution: Resolution) -> list[tuple[datetime, float, float, float, int]]:
    rows = Reading.objects.filter(resolution=resolution).order_by("start")
    return [
        (datetime.fromtimestamp(row.start, UTC), row.minimum, row.mean, row.maximum, row.count)
        for row in rows
    ]


def test_samples_of_an_hour_become_one_row(kiosk: Kiosk) -> None:
    put(kiosk, NOON, 1.0, 2.0, 6.0)
    assert stored(Resolution.HOUR) == [(NOON, 1.0, 3.0, 6.0, 3)]


def test_samples_that_come_later_go_into_the_same_row(kiosk: Kiosk) -> None:
    put(kiosk, NOON, 1.0, 2.0, 6.0)
    put(kiosk, NOON, 0.0, 11.0)
    assert stored(Resolution.HOUR) == [(NOON, 0.0, 4.0, 11.0, 5)]


def test_the_hour_is_that_of_utc_whatever_the_kiosks_offset() -> None:
    assert hour_of(datetime.fromisoformat("2026-03-02T17:40:00+05:30")) == NOON


def test_old_hours_become_days_and_count_once(kiosk: Kiosk) -> None:
    put(kiosk, NOON, 1.0)
    put(kiosk, NOON + timedelta(hours=1), 4.0, 4.0)
    put(kiosk, NOON + timedelta(days=1), 9.0)
    before = NOON + timedelta(hours=12)
    assert not fold_into_days(before)
    assert not fold_into_days(before)
    midnight = NOON.replace(hour=0)
    assert stored(Resolution.DAY) == [(midnight, 1.0, 3.0, 4.0, 3)]
    assert stored(Resolution.HOUR) == [(NOON + timedelta(days=1), 9.0, 9.0, 9.0, 1)]


def test_an_hour_that_comes_after_its_day_still_counts(kiosk: Kiosk) -> None:
    put(kiosk, NOON, 2.0)
    fold_into_days(NOON + timedelta(days=1))
    put(kiosk, NOON, 4.0)
    fold_into_days(NOON + timedelta(days=1))
    assert stored(Resolution.DAY) == [(NOON.replace(hour=0), 2.0, 3.0, 4.0, 2)]


def test_folding_goes_by_the_bit(kiosk: Kiosk) -> None:
    for hour in range(5):
        put(kiosk, NOON + timedelta(hours=hour), 1.0)
    assert fold_into_days(NOON + timedelta(days=1), limit=3)
    assert not fold_into_days(NOON + timedelta(days=1), limit=3)
    assert stored(Resolution.DAY) == [(NOON.replace(hour=0), 1.0, 1.0, 1.0, 5)]


def test_a_series_runs_from_days_into_hours(kiosk: Kiosk) -> None:
    put(kiosk, NOON, 2.0)
    fold_into_days(NOON + timedelta(hours=1))
    put(kiosk, NOON + timedelta(days=1), 3.0)
    found = series(kiosk.pk, "system", "cpu_percent", NOON)
    assert [(point.start, point.mean) for point in found] == [
        (NOON.replace(hour=0), 2.0),
        (NOON + timedelta(days=1), 3.0),
    ]


def test_what_is_too_old_goes_and_the_rest_stays(kiosk: Kiosk) -> None:
    keep = Retention(hourly_days=10, daily_days=100, changes_days=20)
    now = NOON + timedelta(days=200)
    for age in (5, 50, 150):
        put(kiosk, now - timedelta(days=age), float(age))
        StateChange.objects.create(
            kiosk=kiosk,
            kind="presence",
            after="online",
            at=now,
            clock_trusted=True,
            received_at=now - timedelta(days=age),
        )
    while forget(now, keep):
        pass
    assert [row[2] for row in stored(Resolution.HOUR)] == [5.0]
    assert [row[2] for row in stored(Resolution.DAY)] == [50.0]
    assert StateChange.objects.count() == 1
