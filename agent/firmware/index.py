"""What a release says of firmware: firmware/index.toml, and what of it is for this kiosk. Pure,
but for reading the file.

    [[firmware]]
    file = "webcam-1.2.3.cab"                    beside index.toml
    version = "1.2.3"
    guid = "b585990a-003e-5270-89d5-3705a17f9a43"    or usb_id, or device (as agent.toml has it)
    hook = "fwupd"                               any that has such a device, without it
    previous = {file = "webcam-1.2.2.cab", version = "1.2.2"}
"""

import tomllib
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from agent.firmware.errors import FirmwareError
from agent.firmware.protocol import Device
from agent.releases import Release, ReleaseError

FOLDER = "firmware"
_INDEX = f"{FOLDER}/index.toml"


class Previous(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rollback brings back."""

    file: str
    version: str


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One firmware, and the devices it is for: all that is said must be so."""

    file: str
    version: str
    guid: str = ""
    usb_id: str = ""
    device: str = ""
    hook: str = ""
    previous: Previous | None = None

    def is_for(self, device: Device) -> bool:
        """Whether a device is meant."""
        return (
            bool(self.guid or self.usb_id or self.device)
            and self.guid in ("", *device.guids)
            and self.usb_id.lower() in ("", device.usb_id)
            and self.device in ("", device.id)
            and self.hook in ("", device.hook)
        )


class _Index(Struct, frozen=True, forbid_unknown_fields=True):
    firmware: tuple[Entry, ...] = ()


class Plan(Struct, frozen=True):
    """What is due for one device."""

    device: Device
    entry: Entry

    @property
    def is_due(self) -> bool:
        """Whether it has another version than it is meant to have: newer ones go back too."""
        return self.device.version != self.entry.version


def entries(release: Release) -> tuple[Entry, ...]:
    """All that a release says of firmware; none when it brings none.

    Raises FirmwareError naming file and fault; ReleaseError when it is not as signed.
    """
    if _INDEX not in release.files:
        return ()
    path = release.proven(_INDEX)
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Index).firmware
    except (OSError, ValueError) as err:
        raise FirmwareError(f"{path}: {err}") from err
    for entry in found:
        if not entry.guid and not entry.usb_id and not entry.device:
            raise FirmwareError(f"{path}: {entry.file} must have a guid, usb_id or device")
    return found


def plan(listed: Iterable[Entry], devices: Iterable[Device]) -> tuple[Plan, ...]:
    """Each device that a release says something of, with the first entry that is for it."""
    found = []
    known = tuple(listed)
    for device in devices:
        entry = next((one for one in known if one.is_for(device)), None)
        if entry is not None:
            found.append(Plan(device, entry))
    return tuple(found)


def missing(entry: Entry, release: Release) -> str:
    """Why the files of an entry cannot be had; empty when they can."""
    names = [entry.file, *([entry.previous.file] if entry.previous else [])]
    try:
        for name in names:
            release.proven(f"{FOLDER}/{name}")
    except ReleaseError as err:
        return str(err)
    return ""
