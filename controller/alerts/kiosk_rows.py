"""From the database to the engine's kiosks: all of them at first, then those that were touched."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from controller.alerts.facts import DeviceFact, KioskFact
from controller.fleet.models import Device, Lifecycle, Status

#: An ingest that began before another may commit after it: look back so far for what it touched.
LOOK_BACK = timedelta(seconds=60)
#: A report that came this much before the word of presence belongs to it: two ingests share them.
_CROSSING = timedelta(seconds=10)
_CHUNK = 500

_KIOSK = (
    "kiosk_id",
    "kiosk__kind",
    "kiosk__lifecycle",
    "kiosk__site__code",
    "kiosk__site__department",
    "kiosk__site__provider",
    "kiosk__site__opening_hours",
    "is_online",
    "presence_since",
    "presence_reason",
    "last_heard_at",
    "reported_at",
    "touched_at",
    "inventory",
)
_DEVICE = ("kiosk_id", "device", "kind", "health", "reasons", "metrics", "since")


def touched(since: datetime) -> dict[str, datetime]:
    """When each kiosk was touched last, of those touched after that. One query."""
    rows = Status.objects.filter(touched_at__gt=since - LOOK_BACK)
    return dict(rows.values_list("kiosk_id", "touched_at"))


def kiosks(names: Collection[str] | None = None) -> dict[str, tuple[KioskFact, datetime]]:
    """These kiosks (None: all), each with when it was touched. Two queries for each 500."""
    found: dict[str, tuple[KioskFact, datetime]] = {}
    for part in _parts(names):
        statuses, rows = Status.objects.all(), Device.objects.order_by("kiosk_id", "device")
        if part is not None:
            statuses, rows = statuses.filter(pk__in=part), rows.filter(kiosk_id__in=part)
        heads = list(statuses.values_list(*_KIOSK))
        devices: dict[str, list[DeviceFact]] = {}
        for kiosk, *row in rows.values_list(*_DEVICE):
            devices.setdefault(kiosk, []).append(_device(row))
        for head in heads:
            found[head[0]] = _kiosk(head, tuple(devices.get(head[0], ())))
    return found


def _parts(names: Collection[str] | None) -> Iterator[list[str] | None]:
    if names is None:
        yield None
        return
    ordered = sorted(names)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _kiosk(row: Any, devices: tuple[DeviceFact, ...]) -> tuple[KioskFact, datetime]:
    name, kind, lifecycle, site, department, provider, hours, is_online, *rest = row
    presence_since, reason, heard_at, reported_at, touched_at, inventory = rest
    since = presence_since or heard_at
    fact = KioskFact(
        name,
        kind,
        lifecycle == Lifecycle.ACTIVE,
        site,
        department,
        provider,
        hours,
        is_online or presence_since is None,  # heard, and nobody said that it was gone
        since,
        reason,
        heard_at,
        reported_at is not None and reported_at >= since - _CROSSING,
        _required(inventory),
        devices,
    )
    return fact, touched_at


def _required(inventory: Any) -> frozenset[str]:
    """The devices without which no citizen is received: contract.messages.Inventory, as stored."""
    declared = inventory.get("declared", ()) if isinstance(inventory, dict) else ()
    return frozenset(item["id"] for item in declared if item.get("is_required"))


def _device(row: Any) -> DeviceFact:
    device, kind, health, reasons, metrics, since = row
    return DeviceFact(device, kind, health, tuple(reasons), metrics, since)
