"""Which firmware a kiosk's peripherals have, as its inventory says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Firmware:
    """One device's. `offered` is a version that `remote` has for it; empty where none is known.

    `hook` is what found it, `identity` what tells the device from others: GUID, or USB id.
    """

    name: str
    version: str
    vendor: str
    hook: str
    identity: str
    is_updatable: bool
    offered: str = ""
    remote: str = ""

    @property
    def has_newer(self) -> bool:
        """Whether another version than its own is offered."""
        return bool(self.offered) and self.offered != self.version


def firmware(inventory: Mapping[str, Any]) -> tuple[Firmware, ...]:
    """The list of a kiosk's inventory (contract.messages.Inventory as JSON), by name.

    Empty for a kiosk that has not listed any: an older agent, or one without a release.
    """
    rows = inventory.get("firmware") or ()
    found = (
        Firmware(
            name=row["name"],
            version=row["version"],
            vendor=row.get("vendor", ""),
            hook=row["hook"],
            identity=next(iter(row.get("guids") or ()), "") or row.get("usb_id") or row["device"],
            is_updatable=bool(row.get("is_updatable")),
            offered=row.get("release", ""),
            remote=row.get("remote", ""),
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.identity)))
