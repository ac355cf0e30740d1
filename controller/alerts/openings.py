"""How time passes for a rule: at all hours, or only while the kiosk's host is open."""

from datetime import datetime, timedelta

from controller.alerts.facts import KioskFact
from controller.alerts.rules import Left, When
from controller.fleet.opening import after_open_seconds, closes_within, is_open_at, open_seconds

#: Whoever switches a kiosk off does so a little before the door is closed.
LEAVING_S = 1800


def elapsed_s(
    when: When, kiosk: KioskFact | None, start: datetime, now: datetime, zone: str
) -> float:
    """How much time has passed since `start`, as this rule counts it."""
    if when is When.ALWAYS or kiosk is None:
        return (now - start).total_seconds()
    return open_seconds(kiosk.hours, start, now, zone)


def reaches(
    when: When, kiosk: KioskFact | None, start: datetime, seconds: float, zone: str
) -> datetime | None:
    """When so much time will have passed since `start`; None: never."""
    if when is When.ALWAYS or kiosk is None:
        return start + timedelta(seconds=seconds)
    return after_open_seconds(kiosk.hours, start, seconds, zone)


def counts_now(when: When, kiosk: KioskFact | None, now: datetime, zone: str) -> bool:
    """Whether time passes for this rule just now."""
    return when is When.ALWAYS or kiosk is None or is_open_at(kiosk.hours, now, zone)


def left(kiosk: KioskFact, zone: str) -> Left:
    """When a dark kiosk went dark."""
    is_leaving = closes_within(kiosk.hours, kiosk.presence_since, LEAVING_S, zone)
    return Left.CLOSED if is_leaving else Left.OPEN


def onset(kiosk: KioskFact, zone: str) -> datetime:
    """When a dark kiosk was first missed: when it went, or when its host opened next."""
    missed = after_open_seconds(kiosk.hours, kiosk.presence_since, 0, zone)
    if missed is None or left(kiosk, zone) is Left.OPEN:
        return kiosk.presence_since
    if is_open_at(kiosk.hours, kiosk.presence_since, zone):  # it went just before closing time
        tail = timedelta(seconds=LEAVING_S)
        return after_open_seconds(kiosk.hours, missed + tail, 0, zone) or missed
    return missed
