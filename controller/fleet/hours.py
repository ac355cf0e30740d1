"""Opening hours in OpenStreetMap's notation, as far as town halls need it.

Understood: `24/7`, and rules separated by `;` such as `Mo-Fr 09:00-12:00,14:00-17:30`,
`Tu,Th 14:00-18:00`, `Su off`. As in OpenStreetMap a later rule replaces an earlier one for its
days. `PH off` is passed over: the controller knows no public holidays. Anything else is not
guessed at.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_RULE = re.compile(
    r"(?:(?P<days>[A-Z][a-z](?:[-,][A-Z][a-z])*)\s+)?(?P<times>[\d:,\s-]+|off|closed)"
)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")

#: Minutes from midnight at which a day's spans open and close.
Span = tuple[int, int]


def is_open(hours: str, local: datetime) -> bool | None:
    """Whether a place is open at `local`, its own wall clock. None: not said, or not understood.

    >>> is_open("Mo-Fr 09:00-12:00,14:00-17:00", datetime(2026, 11, 24, 11, 0))
    True
    >>> is_open("Mo-Fr 09:00-12:00; Tu off", datetime(2026, 11, 24, 11, 0))
    False
    >>> is_open("sunrise-sunset", datetime(2026, 11, 24, 11, 0)) is None
    True
    """
    week = _week(hours.strip())
    if week is None:
        return None
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in week[local.weekday()])


@lru_cache(maxsize=4096)
def _week(hours: str) -> tuple[tuple[Span, ...], ...] | None:
    if hours == "24/7":
        return (((0, 24 * 60),),) * 7
    week: list[tuple[Span, ...]] = [()] * 7
    rules = [rule.strip() for rule in hours.split(";") if rule.strip()]
    for rule in rules:
        if rule.startswith("PH"):
            continue
        match = _RULE.fullmatch(rule)
        if match is None:
            return None
        spans = _spans(match["times"])
        days = list(_days(match["days"] or "Mo-Su"))
        if spans is None or not days:
            return None
        for day in days:
            week[day] = spans
    return tuple(week) if rules else None


def _days(text: str) -> Iterator[int]:
    for part in text.split(","):
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
    return tuple(spans)
