"""Metrics over time: buckets that merge, an hour first, a day once they are old.

A bucket is of the samples that kiosks sent: its mean is theirs, not weighted by time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction

from controller.fleet.models import Reading, Resolution


class Place(NamedTuple):
    """What a bucket is of; `start` is UTC, at the full hour or day."""

    kiosk: str
    device: str
    metric: str
    start: datetime


@dataclass(slots=True)
class Bucket:
    """Samples gone into one bucket."""

    minimum: float
    total: float
    maximum: float
    count: int = 1

    def add(self, value: float) -> None:
        """One more sample."""
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        self.total += value
        self.count += 1


class Buckets(dict[Place, Bucket]):
    """Samples on their way to the database."""

    def add(self, place: Place, value: float) -> None:
        """One sample."""
        if (bucket := self.get(place)) is None:
            self[place] = Bucket(value, value, value)
        else:
            bucket.add(value)


class Point(NamedTuple):
    """One bucket of a series."""

    start: datetime
    minimum: float
    mean: float
    maximum: float
    samples: int


# The old mean goes in unrounded and the new count last, so that merging in any order agrees.
_MERGE = """
INSERT INTO fleet_reading
    (kiosk_id, device, metric, resolution, start, minimum, mean, maximum, count)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (kiosk_id, device, metric, resolution, start) DO UPDATE SET
    minimum = CASE WHEN excluded.minimum < fleet_reading.minimum
                   THEN excluded.minimum ELSE fleet_reading.minimum END,
    maximum = CASE WHEN excluded.maximum > fleet_reading.maximum
                   THEN excluded.maximum ELSE fleet_reading.maximum END,
    mean = (fleet_reading.mean * fleet_reading.count + excluded.mean * excluded.count)
           / (fleet_reading.count + excluded.count),
    count = fleet_reading.count + excluded.count
"""


def hour_of(at: datetime) -> datetime:
    """The start of the hour that `at` is in, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def merge(buckets: Buckets, resolution: Resolution) -> None:
    """Add buckets to what is stored. In the caller's transaction, or nothing is merged twice."""
    stamp = connection.ops.adapt_datetimefield_value
    rows = [
        (
            place.kiosk,
            place.device,
            place.metric,
            int(resolution),
            stamp(place.start),
            bucket.minimum,
            bucket.total / bucket.count,
            bucket.maximum,
            bucket.count,
        )
        for place, bucket in sorted(buckets.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_MERGE, rows)


@transaction.atomic
def fold_into_days(before: datetime, limit: int = 5000) -> bool:
    """Merge up to `limit` hourly readings that began before into days; whether there are more.

    The hours go in the same transaction, so each counts once in its day.
    """
    hours = Reading.objects.filter(resolution=Resolution.HOUR, start__lt=before)
    rows = list(hours.select_for_update().order_by("start", "pk")[:limit])
    if not rows:
        return False
    days = Buckets()
    for row in rows:
        start = row.start.astimezone(UTC).replace(hour=0)
        place = Place(row.kiosk_id, row.device, row.metric, start)
        _add(days, place, row)
    merge(days, Resolution.DAY)
    for chunk in _chunks([row.pk for row in rows], 900):
        Reading.objects.filter(pk__in=chunk).delete()
    return len(rows) == limit


def series(kiosk_id: str, device: str, metric: str, since: datetime) -> list[Point]:
    """A metric of a device from the day of `since` (UTC), oldest first: days, then hours."""
    rows = Reading.objects.filter(
        kiosk_id=kiosk_id,
        device=device,
        metric=metric,
        start__gte=since.replace(hour=0, minute=0, second=0, microsecond=0),
    ).order_by("start", "-resolution")
    return [
        Point(*values)
        for values in rows.values_list("start", "minimum", "mean", "maximum", "count")
    ]


def _add(days: Buckets, place: Place, row: Reading) -> None:
    bucket = days.get(place)
    if bucket is None:
        days[place] = Bucket(row.minimum, row.mean * row.count, row.maximum, row.count)
        return
    bucket.minimum = min(bucket.minimum, row.minimum)
    bucket.maximum = max(bucket.maximum, row.maximum)
    bucket.total += row.mean * row.count
    bucket.count += row.count


def _chunks(items: Iterable[int], size: int) -> Iterable[Sequence[int]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
