"""Whether a kiosk may be worked on at a time. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from controller.configuration.document import Day, Maintenance

_DAYS = tuple(Day)


def is_open(window: Maintenance, zone: str, now: datetime) -> bool:
    """Whether `now` is in it. A window past midnight belongs to the day it begins on; one whose
    end is its start lasts the whole day.

    >>> from datetime import UTC
    >>> is_open(Maintenance(), "Europe/Paris", datetime(2026, 12, 1, 3, 59, tzinfo=UTC))
    True
    >>> is_open(Maintenance(), "Europe/Paris", datetime(2026, 12, 1, 4, 0, tzinfo=UTC))
    False
    """
    local = now.astimezone(_zone(zone))
    start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
    today, yesterday = _day(local), _day(local - timedelta(days=1))
    clock = local.time().replace(tzinfo=None)
    if start < end:
        return today in window.days and start <= clock < end
    return (today in window.days and clock >= start) or (yesterday in window.days and clock < end)


def _day(at: datetime) -> Day:
    return _DAYS[at.weekday()]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # the pattern lets through what is no zone
        return ZoneInfo("Europe/Paris")
