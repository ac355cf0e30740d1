"""A kiosk as GLPI's inventory takes it: https://github.com/glpi-project/inventory_format.

Only what the kiosk says of itself and of its devices; nothing of who uses it. Serial numbers are
those that the devices show on their bus.
"""

from collections.abc import Callable, Iterable
from typing import Any

from contract import RELEASE
from controller.fleet.models import Device, Kiosk, Status

Entry = dict[str, Any]


def inventory(kiosk: Kiosk, status: Status | None, devices: Iterable[Device]) -> Entry:
    """The document, fit for JSON. `deviceid` is the kiosk's id, so that GLPI keeps it one."""
    facts = (status.inventory.get("facts") or {}) if status else {}
    content: Entry = {
        "versionclient": f"Vigie-{RELEASE}",
        "hardware": {
            "name": kiosk.pk,
            "description": kiosk.label or f"{kiosk.site.name}, {kiosk.site.commune}",
            "chassis_type": "Kiosk",
        },
        "operatingsystem": _system(facts),
    }
    if model := facts.get("model"):
        content["bios"] = {"smodel": str(model)}
    for device in devices:
        if memory := _megabytes(device.facts.get("memory_bytes")):
            content["hardware"]["memory"] = memory
        for section, describe in _SECTIONS.get(device.kind, ()):
            content.setdefault(section, []).append(describe(device))
        if usb := _usb(device):
            content.setdefault("usbdevices", []).append(usb)
    return {
        "action": "inventory",
        "deviceid": kiosk.pk,
        "itemtype": "Computer",
        "tag": kiosk.site.department,
        "content": content,
    }


def _megabytes(said: object) -> int:
    """Of a size in bytes; 0 for what no machine has: a kiosk may say anything."""
    is_size = isinstance(said, int | float) and not isinstance(said, bool) and 0 < said < 2**50
    return int(said) // 2**20 if is_size else 0  # type: ignore[call-overload] # it is a number


def _system(facts: Entry) -> Entry:
    found = {
        "name": "Linux",
        "full_name": facts.get("os"),
        "kernel_name": "linux",
        "kernel_version": facts.get("kernel"),
        "arch": facts.get("architecture"),
    }
    return {key: str(value) for key, value in found.items() if value}


def _named(device: Device) -> Entry:
    """Name, maker and serial number, as far as they are known."""
    facts = device.facts
    found = {
        "name": facts.get("product") or facts.get("model") or device.device,
        "manufacturer": facts.get("maker"),
        "serial": facts.get("serial"),
    }
    return {key: str(value) for key, value in found.items() if value}


def _without(describe: Callable[[Device], Entry], *keys: str) -> Callable[[Device], Entry]:
    return lambda device: {k: v for k, v in describe(device).items() if k not in keys}


def _printer(device: Device) -> Entry:
    return {**_without(_named, "manufacturer")(device), "status": device.health}


def _camera(device: Device) -> Entry:
    named = _named(device)
    return {
        "designation": device.device,
        "model": named["name"],
        **({"manufacturer": named["manufacturer"]} if "manufacturer" in named else {}),
    }


def _usb(device: Device) -> Entry | None:
    """Of a device on the USB, the ids it shows there."""
    vendor, _, product = str(device.facts.get("usb_id", "")).partition(":")
    if not product:
        return None
    return {**_named(device), "vendorid": vendor, "productid": product}


def _input(device: Device) -> Entry:
    return {**_without(_named, "serial")(device), "type": device.kind}


_SECTIONS: dict[str, tuple[tuple[str, Callable[[Device], Entry]], ...]] = {
    "printer": (("printers", _printer),),
    "receipt-printer": (("printers", _printer),),
    "camera": (("cameras", _camera),),
    "screen": (("monitors", _named),),
    "touchscreen": (("inputs", _input),),
    "barcode-reader": (("inputs", _input),),
    "microphone": (("sounds", _without(_named, "serial")),),
    "speakers": (("sounds", _without(_named, "serial")),),
    "handset": (("sounds", _without(_named, "serial")),),
    "modem": (("modems", _named),),
}
