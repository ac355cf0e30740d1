"""What is plugged in, and which declaration it answers for: the same for every kind of peripheral.

A UVC camera, as udev shows it:
    /sys/devices/pci0000:00/0000:00:14.0/usb1/1-1.2/1-1.2:1.0/video4linux/video0
                                              port  interface             node
"""

import re
from collections.abc import Callable, Iterable, Sequence

import pyudev
from msgspec import Struct

from agent.config import Match, Peripheral
from contract.health import DeviceState, FactValue, Health

#: It is what should be there, though not where, or not quite what: said beside how it is.
MOVED, SWAPPED = "moved", "swapped"
NOT_CONNECTED = "not-connected"


class Plugged(Struct, frozen=True):
    """One peripheral as the kernel shows it. Empty text: it does not say."""

    path: str  # the device node, or its folder under /sys where it has none
    usb_id: str = ""  # vendor:product
    serial: str = ""
    port: str = ""  # USB port, such as 1-1.2
    product: str = ""
    links: tuple[str, ...] = ()  # other names of the node, such as /dev/v4l/by-path/...


Pair = tuple[Plugged | None, str]


def find(
    udev: pyudev.Context, subsystem: str, is_one: Callable[[pyudev.Device], bool]
) -> tuple[Plugged, ...]:
    """The peripherals of a subsystem, one each however many nodes it has, by port."""
    nodes = (describe(each) for each in udev.list_devices(subsystem=subsystem) if is_one(each))
    found: dict[str, Plugged] = {}
    for node in nodes:
        if node is not None:
            found.setdefault(node.port or node.path, node)
    return tuple(found[key] for key in sorted(found))


def describe(device: pyudev.Device) -> Plugged | None:
    """What stands behind a node (or behind a USB interface); None when it is being taken away."""
    usb = device if device.device_type == "usb_device" else device.find_parent("usb", "usb_device")
    path = device.device_node or device.sys_path
    links = tuple(device.device_links)
    if usb is None:  # on a board, on a ribbon cable, or virtual: only its name tells
        return Plugged(path, product=attribute(device, "name"), links=links)
    serial, name = attribute(usb, "serial"), attribute(usb, "product")
    # Read last: every USB device has these, so without them it is being taken away just now, and
    # an empty serial number would be mistaken for another one's.
    vendor, product = attribute(usb, "idVendor"), attribute(usb, "idProduct")
    if not vendor or not product:
        return None
    usb_id = f"{vendor}:{product}".lower()
    return Plugged(path, usb_id, serial, usb.sys_name, name or attribute(device, "name"), links)


def attribute(device: pyudev.Device, name: str) -> str:
    """An attribute under /sys as text; empty when there is none."""
    value = device.attributes.get(name)
    return value.decode(errors="replace").strip() if value is not None else ""


def is_declared(device: pyudev.Device, declared: Iterable[Peripheral]) -> bool:
    """Whether a USB device is of a model that one of these declarations names."""
    usb_id = ":".join(attribute(device, name) for name in ("idVendor", "idProduct"))
    return any(item.match.usb_id == usb_id for item in declared)


def pair(declared: Sequence[Peripheral], found: Sequence[Plugged]) -> dict[str, Pair]:
    """For each declared id the peripheral that answers for it, and what is odd about it.

    Exact matches are made first; then the same one at another port (`moved`), and another one
    where it should be, or another of its model where only the model can tell (`swapped`).
    """
    pairs: dict[str, Pair] = {}
    free = list(found)
    for oddity, fits in (("", _is_same), (MOVED, _is_moved), (SWAPPED, _is_swapped)):
        for item in declared:
            if item.id not in pairs:
                one = next((each for each in free if fits(item.match, each)), None)
                if one is not None:
                    pairs[item.id] = (one, oddity)
                    free.remove(one)
    return {item.id: pairs.get(item.id, (None, "")) for item in declared}


def strays(kind: str, pairs: dict[str, Pair], found: Sequence[Plugged]) -> tuple[DeviceState, ...]:
    """One device for each found that nobody declared."""
    taken = {one for one, _ in pairs.values() if one is not None}
    serials = [(one.usb_id, one.serial) for one in found]
    # Some makers give one serial number to a whole batch: there the port tells.
    twins = {serial for serial in serials if serials.count(serial) > 1}
    return tuple(
        DeviceState(
            stray_id(kind, one, is_twin=(one.usb_id, one.serial) in twins),
            kind,
            Health.OK,
            (),
            {},
            {**facts(one), "declared": False},
        )
        for one in found
        if one not in taken
    )


def presence(item: Peripheral, one: Plugged | None, oddity: str) -> DeviceState:
    """A declared peripheral, as far as being there goes."""
    if one is None:
        return DeviceState(item.id, item.kind, Health.MISSING, (NOT_CONNECTED,))
    health = Health.DEGRADED if oddity else Health.OK
    return DeviceState(item.id, item.kind, health, (oddity,) if oddity else (), {}, facts(one))


def judge(
    kind: str, declared: Sequence[Peripheral], found: Sequence[Plugged]
) -> tuple[DeviceState, ...]:
    """One device for each declared, and one for each found that nobody declared."""
    pairs = pair(declared, found)
    return (
        *(presence(item, *pairs[item.id]) for item in declared),
        *strays(kind, pairs, found),
    )


def agrees(match: Match, usb_id: str, serial: str, port: str) -> bool:
    """Whether nothing that a declaration says of USB speaks against a device."""
    return (
        _agrees(match.usb_id, usb_id)
        and _agrees(match.serial, serial)
        and _agrees(match.port, port)
    )


def stray_id(kind: str, one: Plugged, is_twin: bool = False) -> str:
    """An id that an undeclared peripheral keeps across reboots; a twin is told by its port.

    >>> stray_id("camera", Plugged("/dev/video0", "046d:0825", "A1B2", "1-1.2"))
    'camera:046d:0825:a1b2'
    >>> stray_id("camera", Plugged("/dev/video0", "046d:0825", "", "1-1.2"))
    'camera:046d:0825:1-1.2'
    >>> stray_id("camera", Plugged("/dev/video0"))
    'camera:video0'
    """
    serial = "" if is_twin else one.serial
    place = serial or one.port or one.path.rpartition("/")[2]
    words = (kind, one.usb_id, place)
    return re.sub(r"[^a-z0-9._:-]+", "-", ":".join(filter(None, words)).lower())[:64]


def facts(one: Plugged) -> dict[str, FactValue]:
    """What a technician wants to know of it."""
    # The node's number is left out: it changes with the order of plugging, and means nothing.
    said = {
        "usb_id": one.usb_id,
        "serial": one.serial,
        "port": one.port,
        "product": one.product,
    }
    return {name: value[:128] for name, value in said.items() if value}


def _is_same(match: Match, one: Plugged) -> bool:
    is_there = match.path in (None, one.path, *one.links)
    return is_there and agrees(match, one.usb_id, one.serial, one.port)


def _is_moved(match: Match, one: Plugged) -> bool:
    """The serial number tells it wherever it is plugged in."""
    return match.serial is not None and (
        _agrees(match.serial, one.serial) and _agrees(match.usb_id, one.usb_id)
    )


def _is_swapped(match: Match, one: Plugged) -> bool:
    if match.port is not None:
        return match.port == one.port
    return (
        match.serial is not None and match.usb_id is not None and _agrees(match.usb_id, one.usb_id)
    )


def _agrees(wanted: str | None, seen: str) -> bool:
    return wanted is None or wanted.lower() == seen.lower()
