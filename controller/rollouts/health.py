"""Whether a kiosk's peripherals are worse than before. Pure.

Every device counts that worked before, required or not: what an update broke is broken. What was
already bad is not held against the update.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contract.health import Health

_WORKS = (Health.OK, Health.DEGRADED)
_BAD = (Health.FAILED, Health.MISSING)


@dataclass(frozen=True, slots=True)
class Seen:
    """A device as last reported, and since when it is so."""

    health: str
    since: datetime


def worse(
    before: Mapping[str, str], after: Mapping[str, Seen], *, may_vanish: bool
) -> tuple[str, ...]:
    """The devices that worked before and do not now, or were not measured.

    `may_vanish`: one that is reported no more was taken off the list, and is none of them.

    >>> from datetime import UTC
    >>> at = datetime(2026, 12, 1, tzinfo=UTC)
    >>> before = {"camera": "ok", "printer": "failed", "scanner": "degraded"}
    >>> after = {"camera": Seen("missing", at), "printer": Seen("missing", at)}
    >>> worse(before, after, may_vanish=True)
    ('camera',)
    >>> worse(before, after, may_vanish=False)
    ('camera', 'scanner')
    """
    return tuple(
        device
        for device, health in sorted(before.items())
        if health in _WORKS
        and (after[device].health not in _WORKS if device in after else not may_vanish)
    )


def settled(
    devices: tuple[str, ...], after: Mapping[str, Seen], now: datetime, settle: timedelta
) -> tuple[str, ...]:
    """Of worse devices, those that failed or are missing for `settle`: they will not come back."""
    return tuple(
        device
        for device in devices
        if device in after and after[device].health in _BAD and now >= after[device].since + settle
    )


def noted(devices: Mapping[str, Seen]) -> dict[str, str]:
    """The healths alone, as kept."""
    return {device: seen.health for device, seen in sorted(devices.items())}
