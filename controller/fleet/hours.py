"""Opening hours in OpenStreetMap's notation, as far as town halls need it.

Understood: `24/7`, and rules separated by `;` such as `Mo-Fr 09:00-12:00,14:00-17:30`,
`Tu,Th 14:00-18:00`, `Su off`, `PH off`. As in OpenStreetMap a later rule replaces an earlier one
for its days, and public holidays are days like others unless a rule names them (`PH`); those of
France are known. Anything else is not guessed at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_HOLIDAYS = "PH"
_RULE = re.compile(
    r"(?:(?P<days>[A-Z][A-Za-z](?:[-,][A-Z][A-Za-z])*)\s+)?(?P<times>[\d:,\s-]+|off|closed)"
)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")

#: Minutes from midnight at which a day's spans open and close.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Week:
    """The spans of each day, Monday first; `holidays` is None where they are days like others."""

    days: tuple[tuple[Span, ...], ...]
    holidays: tuple[Span, ...] | None = None

    def spans(self, day: date) -> tuple[Span, ...]:
        """In which minutes of that day the place is open, in order."""
        if self.holidays is not None and is_holiday(day):
            return self.holidays
        return self.days[day.weekday()]


def is_open(hours: str, local: datetime) -> bool | None:
    """Whether a place is open at `local`, its own wall clock. None: not said, or not understood.

    >>> is_open("Mo-Fr 09:00-12:00,14:00-17:00", datetime(2026, 11, 24, 11, 0))
    True
    >>> is_open("Mo-Fr 09:00-12:00; Tu off", datetime(2026, 11, 24, 11, 0))
    False
    >>> is_open("Mo-Fr 09:00-12:00; PH off", datetime(2026, 11, 11, 11, 0))
    False
    >>> is_open("sunrise-sunset", datetime(2026, 11, 24, 11, 0)) is None
    True
    """
    week = parse_hours(hours)
    if week is None:
        return None
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in week.spans(local.date()))


def is_holiday(day: date) -> bool:
    """Whether it is a public holiday in France.

    >>> is_holiday(date(2026, 7, 14)), is_holiday(date(2026, 7, 15))
    (True, False)
    """
    return day in _holidays(day.year)


@lru_cache(maxsize=4096)
def parse_hours(hours: str) -> Week | None:
    """The week that the notation tells; None where it tells nothing that we understand."""
    hours = hours.strip()
    if hours == "24/7":
        return Week((((0, 24 * 60),),) * 7)
    week: list[tuple[Span, ...]] = [()] * 7
    holidays = None
    rules = [rule.strip() for rule in hours.split(";") if rule.strip()]
    for rule in rules:
        match = _RULE.fullmatch(rule)
        if match is None:
            return None
        spans = _spans(match["times"])
        names = (match["days"] or "Mo-Su").split(",")
        days = list(_days([name for name in names if name != _HOLIDAYS]))
        if spans is None or not (days or _HOLIDAYS in names):
            return None
        for day in days:
            week[day] = spans
        if _HOLIDAYS in names:
            holidays = spans
    return Week(tuple(week), holidays) if rules else None


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    import holidays  # 30 ms, which only a place that closes on them needs

    return frozenset(holidays.country_holidays("FR", years=year))


def _days(parts: list[str]) -> Iterator[int]:
    for part in parts:
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            return
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        yield from (day % 7 for day in range(start, end + 1 if end >= start else end + 8))


def _spans(text: str) -> tuple[Span, ...] | None:
    if text in ("off", "closed"):
        return ()
    spans = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            return None
        start = int(match[1]) * 60 + int(match[2])
        end = int(match[3]) * 60 + int(match[4])
        if not start < end <= 24 * 60:
            return None
        spans.append((start, end))
    return tuple(sorted(spans))
