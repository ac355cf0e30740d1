"""Where a kiosk stands for the people who look after it: one word, worst first."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from contract.health import Readiness
from controller.fleet.hours import is_open
from controller.fleet.models import Device, Kiosk, Lifecycle, Status

#: A kiosk reports in full every hour: past two of them unheard, what it said is no longer news.
SILENT_AFTER = timedelta(hours=2)


class Standing(StrEnum):
    """In the order in which they need a hand."""

    NOT_READY = "not-ready"  # a citizen cannot be received
    OFFLINE = "offline"  # not connected while its host is open
    SILENT = "silent"  # never heard, or not for long although connected
    UNKNOWN = "unknown"  # connected, but something required is not measured
    DEGRADED = "degraded"  # receives citizens, needs a hand soon
    READY = "ready"
    ASLEEP = "asleep"  # not connected, and its host is closed
    ASIDE = "aside"  # planned or in maintenance: nobody expects it to work

    @property
    def needs_hand(self) -> bool:
        """Whether somebody should look at it."""
        return self in _NEEDS_HAND

    @property
    def can_receive(self) -> bool:
        """Whether a citizen can be received now."""
        return self in (Standing.READY, Standing.DEGRADED)

    @property
    def rank(self) -> int:
        """0 is worst."""
        return _RANKS[self]


_RANKS = {standing: rank for rank, standing in enumerate(Standing)}
_NEEDS_HAND = frozenset(
    {
        Standing.NOT_READY,
        Standing.OFFLINE,
        Standing.SILENT,
        Standing.UNKNOWN,
        Standing.DEGRADED,
    }
)
_BY_READINESS = {
    Readiness.NOT_READY: Standing.NOT_READY,
    Readiness.UNKNOWN: Standing.UNKNOWN,
    Readiness.DEGRADED: Standing.DEGRADED,
    Readiness.READY: Standing.READY,
}


def standing(kiosk: Kiosk, status: Status | None, now: datetime, local: datetime) -> Standing:
    """Where `kiosk` stands at `now` (UTC), which is `local` on its host's wall clock.

    What an offline kiosk said last never counts: only what is known now does.
    """
    if kiosk.lifecycle != Lifecycle.ACTIVE:
        return Standing.ASIDE
    if status is None:
        return Standing.SILENT
    if not status.is_online:
        is_closed = is_open(kiosk.site.opening_hours, local) is False
        return Standing.ASLEEP if is_closed else Standing.OFFLINE
    if now - status.last_heard_at > SILENT_AFTER:
        return Standing.SILENT
    return _BY_READINESS[Readiness(status.readiness)]


def since(standing: Standing, status: Status | None, because: Iterable[Device]) -> datetime | None:
    """When it began to stand so. None: nobody knows, or it was always so."""
    if status is None or standing is Standing.ASIDE:
        return None
    if standing in (Standing.OFFLINE, Standing.ASLEEP):
        return status.presence_since
    if standing is Standing.SILENT:
        return status.last_heard_at
    return min((device.since for device in because), default=None)
