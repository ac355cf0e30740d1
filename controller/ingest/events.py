"""What happened to devices, and what of it tells of a citizen's visit. Pure.

A visit is known by when it began, which its first and its last event both name: either may come
late, twice or never.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from contract.events import EventName
from contract.health import FactValue
from contract.messages import Report
from controller.fleet.models import Ending
from controller.text import storable_time

#: No visit takes longer: what says so is no duration.
_LONGEST = timedelta(days=31)

Facts = dict[str, FactValue]


class Happened(NamedTuple):
    """A row of fleet.models.DeviceEvent."""

    kiosk: str
    device: str
    name: str
    facts: Facts
    at: datetime
    clock_trusted: bool
    epoch: str
    seq: int


class Visit(NamedTuple):
    """What one event tells of a row of fleet.models.Session."""

    kiosk: str
    device: str
    began_at: datetime
    ended_at: datetime | None  # None: that it began is all that is known
    duration_s: float | None
    ending: Ending
    clock_trusted: bool


def happened(kiosk: str, report: Report) -> list[Happened]:
    """The events that came with a report."""
    return [
        Happened(
            kiosk,
            event.device,
            event.name,
            event.facts,
            report.at,
            report.clock_trusted,
            report.epoch,
            report.seq,
        )
        for event in report.events
    ]


def visits(events: Iterable[Happened]) -> Iterator[Visit]:
    """What events tell of visits; those that do not say which visit they speak of tell nothing."""
    for event in events:
        visit = None
        if event.name == EventName.SESSION_STARTED:
            visit = _started(event)
        elif event.name == EventName.SESSION_ENDED:
            visit = _ended(event)
        if visit is not None:
            yield visit


def _started(event: Happened) -> Visit:
    began_at = storable_time(event.facts.get("at")) or event.at
    return Visit(event.kiosk, event.device, began_at, None, None, Ending.OPEN, event.clock_trusted)


def _ended(event: Happened) -> Visit | None:
    length = _length(event.facts.get("duration_s"))
    began_at = storable_time(event.facts.get("began_at"))
    if began_at is None and length is not None:
        began_at = event.at - length
    if began_at is None:
        return None
    # By the length, which no clock that was set meanwhile can falsify.
    ended_at = event.at if length is None else began_at + length
    duration_s = None if length is None else length.total_seconds()
    ending = Ending.CUT if event.facts.get("is_cut_short") is True else Ending.SAID
    return Visit(
        event.kiosk, event.device, began_at, ended_at, duration_s, ending, event.clock_trusted
    )


def _length(said: FactValue | None) -> timedelta | None:
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    return timedelta(seconds=said) if 0 <= said <= _LONGEST.total_seconds() else None
