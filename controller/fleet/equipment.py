"""What a kiosk must have, as it declared it, beside what it has. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contract.health import Health
from controller.fleet.models import Device


class Presence(StrEnum):
    """Of a declared peripheral, or of one that nobody declared; worst first."""

    MISSING = "missing"
    SWAPPED = "swapped"  # another one stands in its place
    MOVED = "moved"  # it is plugged in elsewhere
    UNEXPECTED = "unexpected"  # nobody declared it
    UNMEASURED = "unmeasured"  # nobody knows yet
    THERE = "there"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list."""

    id: str
    kind: str
    is_required: bool
    presence: Presence
    device: Device | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """Declared items in the kiosk's order, then those that nobody declared."""

    declared: tuple[Item, ...]
    unexpected: tuple[Item, ...]

    @property
    def amiss(self) -> int:
        """How many items are not as declared."""
        asked = [item for item in self.declared if item.presence not in _AS_DECLARED]
        return len(asked) + len(self.unexpected)


_AS_DECLARED = (Presence.THERE, Presence.UNMEASURED)
#: Kinds that every kiosk has and that nobody can unplug.
_ALWAYS = frozenset({"system", "storage", "network", "agent"})


def equipment(inventory: dict[str, Any], devices: Iterable[Device]) -> Equipment:
    """The list of a kiosk's inventory (contract.messages.Inventory as JSON) and its devices.

    Without what every kiosk has.

    >>> equipment({"declared": [{"id": "camera", "kind": "camera", "is_required": True}]}, ()).amiss
    0
    """
    known = {device.device: device for device in devices}
    rows = [row for row in inventory.get("declared") or () if row["kind"] not in _ALWAYS]
    return Equipment(
        tuple(
            Item(
                row["id"],
                row["kind"],
                row["is_required"],
                _presence(known.get(row["id"])),
                known.get(row["id"]),
            )
            for row in rows
        ),
        tuple(
            Item(device.device, device.kind, False, Presence.UNEXPECTED, device)
            for device in known.values()
            if device.facts.get("declared") is False
        ),
    )


def _presence(device: Device | None) -> Presence:
    if device is None or device.health == Health.UNKNOWN:
        return Presence.UNMEASURED
    if device.health == Health.MISSING:
        return Presence.MISSING
    for oddity in (Presence.SWAPPED, Presence.MOVED):
        if oddity.value in device.reasons:
            return oddity
    return Presence.THERE
