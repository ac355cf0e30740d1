"""Metrics over time: buckets that merge, an hour first, a day once they are old.

A bucket is of the samples that kiosks sent: its mean is theirs, not weighted by time.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction

from controller.fleet.models import Reading, Resolution, Series


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


# Django has no upsert that adds; this one is the same for SQLite and PostgreSQL.
_MERGE = """
INSERT INTO fleet_reading (series_id, resolution, start, minimum, mean, maximum, count)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (series_id, resolution, start) DO UPDATE SET
    minimum = CASE WHEN excluded.minimum < fleet_reading.minimum
                   THEN excluded.minimum ELSE fleet_reading.minimum END,
    maximum = CASE WHEN excluded.maximum > fleet_reading.maximum
                   THEN excluded.maximum ELSE fleet_reading.maximum END,
    mean = (fleet_reading.mean * fleet_reading.count + excluded.mean * excluded.count)
           / (fleet_reading.count + excluded.count),
    count = fleet_reading.count + excluded.count
"""
_CHUNK = 500

#: A place's series: kiosk, device, metric.
_Name = tuple[str, str, str]


def hour_of(at: datetime) -> datetime:
    """The start of the hour that `at` is in, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def merge(buckets: Buckets, resolution: Resolution) -> None:
    """Add buckets to what is stored. In the caller's transaction, or nothing is merged twice."""
    ids = _series_ids({place[:3] for place in buckets})
    rows = [
        (
            ids[place[:3]],
            int(resolution),
            round(place.start.timestamp()),
            bucket.minimum,
            bucket.total / bucket.count,
            bucket.maximum,
            bucket.count,
        )
        for place, bucket in sorted(buckets.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_MERGE, rows)


def fold_into_days(before: datetime, limit: int = 5000) -> bool:
    """Merge up to `limit` hourly readings that began before into days; whether there are more.

    The hours go in the same transaction, so each counts once in its day.
    """
    old = too_old(Resolution.HOUR, before, limit)
    with transaction.atomic():
        days = Buckets()
        rows = Reading.objects.select_for_update(of=("self",)).select_related("series")
        for chunk in chunks(old):
            for row in rows.filter(pk__in=chunk):
                _add(days, row)
            Reading.objects.filter(pk__in=chunk).delete()
        merge(days, Resolution.DAY)
    return len(old) == limit


def too_old(resolution: Resolution, before: datetime, limit: int) -> list[int]:
    """Ids of up to `limit` readings that began before. Series by series, as their index goes."""
    found: list[int] = []
    rows = Reading.objects.filter(resolution=resolution, start__lt=round(before.timestamp()))
    for chunk in chunks(Series.objects.order_by("pk").values_list("pk", flat=True)):
        old = rows.filter(series_id__in=chunk).values_list("pk", flat=True)
        found += old[: limit - len(found)]
        if len(found) == limit:
            break
    return found


def series(kiosk_id: str, device: str, metric: str, since: datetime) -> list[Point]:
    """A metric of a device from the day of `since` (UTC), oldest first: days, then hours."""
    day = hour_of(since).replace(hour=0)
    rows = Reading.objects.filter(
        series__kiosk_id=kiosk_id,
        series__device=device,
        series__metric=metric,
        start__gte=round(day.timestamp()),
    ).order_by("start", "-resolution")
    return [
        Point(datetime.fromtimestamp(start, UTC), minimum, mean, maximum, count)
        for start, minimum, mean, maximum, count in rows.values_list(
            "start", "minimum", "mean", "maximum", "count"
        )
    ]


def chunks(ids: Iterable[int], size: int = _CHUNK) -> Iterable[Sequence[int]]:
    """Ids by the statement."""
    iterator = iter(ids)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _series_ids(names: Collection[_Name]) -> dict[_Name, int]:
    """The id of each series, made where it is new."""
    kiosks = {kiosk for kiosk, _, _ in names}

    def known() -> dict[_Name, int]:
        rows = Series.objects.filter(kiosk__in=kiosks)
        found = rows.values_list("kiosk_id", "device", "metric", "pk")
        return {(kiosk, device, metric): pk for kiosk, device, metric, pk in found}

    ids = known()
    new = [
        Series(kiosk_id=kiosk, device=device, metric=metric)
        for kiosk, device, metric in sorted(names)
        if (kiosk, device, metric) not in ids
    ]
    if new:
        Series.objects.bulk_create(new, batch_size=_CHUNK, ignore_conflicts=True)
        ids = known()
    return ids


def _add(days: Buckets, row: Reading) -> None:
    start = datetime.fromtimestamp(row.start, UTC).replace(hour=0)
    place = Place(row.series.kiosk_id, row.series.device, row.series.metric, start)
    bucket = days.get(place)
    if bucket is None:
        days[place] = Bucket(row.minimum, row.mean * row.count, row.maximum, row.count)
        return
    bucket.minimum = min(bucket.minimum, row.minimum)
    bucket.maximum = max(bucket.maximum, row.maximum)
    bucket.total += row.mean * row.count
    bucket.count += row.count
