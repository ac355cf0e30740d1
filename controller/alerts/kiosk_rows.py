"""From the database to the engine's kiosks: all of them at first, then those that were touched."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from controller.alerts.facts import DeviceFact, KioskFact
from controller.fleet.models import Lifecycle

#: An ingest that began before another may commit after it: look back so far for what it touched.
LOOK_BACK = timedelta(seconds=60)
#: A report that came this much before the word of presence belongs to it: two ingests share them.
_CROSSING = timedelta(seconds=10)
_CHUNK = 500

_KIOSK = """
SELECT s.kiosk_id, k.kind, k.lifecycle, p.code, p.department, p.provider, p.opening_hours,
 s.is_online, s.presence_since, s.presence_reason, s.last_heard_at, s.reported_at, s.touched_at,
 s.inventory
FROM fleet_status s JOIN fleet_kiosk k ON k.id = s.kiosk_id JOIN fleet_site p ON p.id = k.site_id
"""
_TOUCHED = "SELECT kiosk_id, touched_at FROM fleet_status WHERE touched_at > %s"
_DEVICE = "SELECT kiosk_id, device, kind, health, reasons, metrics, since FROM fleet_device"


class _Declared(msgspec.Struct):
    id: str
    is_required: bool = False


class _Inventory(msgspec.Struct):
    """The part of contract.messages.Inventory, as stored, that tells what is required."""

    declared: tuple[_Declared, ...] = ()


_texts = msgspec.json.Decoder(tuple[str, ...]).decode
_numbers = msgspec.json.Decoder(dict[str, float]).decode
_inventory = msgspec.json.Decoder(_Inventory).decode


def touched(since: datetime) -> dict[str, datetime]:
    """When each kiosk was touched last, of those touched after that. One query."""
    bound = connection.ops.adapt_datetimefield_value(since - LOOK_BACK)
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [bound])
        return {kiosk: _aware(at) for kiosk, at in cursor.fetchall()}


def kiosks(names: Collection[str] | None = None) -> dict[str, tuple[KioskFact, datetime]]:
    """These kiosks (None: all), each with when it was touched. Two queries for each 500."""
    found: dict[str, tuple[KioskFact, datetime]] = {}
    for part in _parts(names):
        heads = _rows(_KIOSK, "s.kiosk_id", part)
        devices: dict[str, list[DeviceFact]] = {}
        for kiosk, *row in _rows(_DEVICE, "kiosk_id", part):
            devices.setdefault(kiosk, []).append(_device(row))
        for head in heads:
            found[head[0]] = _kiosk(head, tuple(devices.get(head[0], ())))
    return found


def _rows(sql: str, column: str, names: list[str] | None) -> list[Any]:
    """Plain SQL: the ORM's conversions would take most of a turn."""
    where = "" if names is None else f" WHERE {column} IN ({', '.join(['%s'] * len(names))})"
    with connection.cursor() as cursor:
        cursor.execute(sql + where, names or [])
        rows: list[Any] = cursor.fetchall()
    return rows


def _parts(names: Collection[str] | None) -> Iterator[list[str] | None]:
    if names is None:
        yield None
        return
    ordered = sorted(names)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _kiosk(row: Any, devices: tuple[DeviceFact, ...]) -> tuple[KioskFact, datetime]:
    name, kind, lifecycle, site, department, provider, hours, is_online, *rest = row
    presence_since, reason, heard, reported, touched_at, inventory = rest
    heard_at = _aware(heard)
    since = _aware(presence_since) if presence_since else heard_at
    declared = _inventory(inventory).declared
    fact = KioskFact(
        name,
        kind,
        lifecycle == Lifecycle.ACTIVE,
        site,
        department,
        provider,
        hours,
        bool(is_online) or presence_since is None,  # heard, and nobody said that it was gone
        since,
        reason,
        heard_at,
        reported is not None and _aware(reported) >= since - _CROSSING,
        frozenset(item.id for item in declared if item.is_required),
        devices,
    )
    return fact, _aware(touched_at)


def _device(row: Any) -> DeviceFact:
    device, kind, health, reasons, metrics, since = row
    return DeviceFact(device, kind, health, _texts(reasons), _numbers(metrics), _aware(since))


def _aware(at: datetime) -> datetime:
    """SQLite gives times without their zone, which is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
