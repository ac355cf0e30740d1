"""Time that passes only while a host is open: how much of it, and when it will have passed.

All instants are aware; a day's spans are its wall clock's, so that the night when clocks change is
an hour longer or shorter, and no opening is. Hours that are not said or not understood count as
always open: nothing is then expected to be dark.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from controller.fleet.hours import parse_hours

#: Past so many days without an opening a place counts as closed for good.
_HORIZON_DAYS = 400

Instants = tuple[datetime, datetime]


def is_open_at(hours: str, at: datetime, zone: str) -> bool:
    """Whether the place is open at this instant.

    >>> is_open_at("Mo-Fr 09:00-12:00", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "Europe/Paris")
    True
    """
    if parse_hours(hours) is None:
        return True
    day = at.astimezone(ZoneInfo(zone)).date()
    return any(start <= at < end for start, end in _openings(hours, day, zone))


def open_seconds(hours: str, start: datetime, end: datetime, zone: str) -> float:
    """How long the place is open between two instants.

    >>> eight = datetime(2026, 11, 24, 7, tzinfo=UTC)
    >>> open_seconds("Mo-Fr 09:00-12:00", eight, eight + timedelta(hours=2), "Europe/Paris")
    3600.0
    """
    if end <= start:
        return 0.0
    if parse_hours(hours) is None:
        return (end - start).total_seconds()
    total = timedelta()
    for opens, closes in _spans_from(hours, start, zone):
        if opens >= end:
            break
        total += min(closes, end) - max(opens, start)
    return total.total_seconds()


def after_open_seconds(hours: str, start: datetime, seconds: float, zone: str) -> datetime | None:
    """The instant at which the place will have been open for so long since `start`.

    With 0 seconds: `start`, or the next opening. None: it does not open that long any more.
    """
    if parse_hours(hours) is None:
        return start + timedelta(seconds=seconds)
    left = timedelta(seconds=seconds)
    for opens, closes in _spans_from(hours, start, zone):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return None


def closes_within(hours: str, at: datetime, seconds: float, zone: str) -> bool:
    """Whether the place is closed at that instant, or will be so many seconds later at most."""
    if parse_hours(hours) is None:
        return False
    return open_seconds(hours, at, at + timedelta(seconds=seconds), zone) < seconds


def _spans_from(hours: str, start: datetime, zone: str) -> Iterator[Instants]:
    """The openings that end after `start`, in order."""
    day = start.astimezone(ZoneInfo(zone)).date()
    for _ in range(_HORIZON_DAYS):
        for opens, closes in _openings(hours, day, zone):
            if closes > start:
                yield opens, closes
        day += timedelta(days=1)


@lru_cache(maxsize=16_384)
def _openings(hours: str, day: date, zone: str) -> tuple[Instants, ...]:
    week = parse_hours(hours)
    if week is None:
        return ()
    return tuple(
        (_instant(day, opens, zone), _instant(day, closes, zone))
        for opens, closes in week.spans(day)
    )


def _instant(day: date, minute: int, zone: str) -> datetime:
    if minute == 24 * 60:
        return _instant(day + timedelta(days=1), 0, zone)
    wall = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))
    return wall.astimezone(UTC)
