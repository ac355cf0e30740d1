"""Cameras: which ones are there, and whether they are the ones this kiosk is meant to have.

A UVC camera is two video4linux nodes under one USB device, of which one captures. udev says so
(`ID_V4L_CAPABILITIES=:capture:`); without udev's word, the node with index 0 is the one.
    /sys/devices/pci0000:00/0000:00:14.0/usb1/1-1.2/1-1.2:1.0/video4linux/video0
                                              port  interface             node
"""

import re
from collections.abc import Sequence

import pyudev
from msgspec import Struct

from agent.config import Config, Match, Peripheral
from agent.probe import Context, Probe
from contract.health import DeviceState, FactValue, Health

KIND = "camera"


class Camera(Struct, frozen=True):
    """One camera as the kernel shows it. Empty text: it does not say."""

    path: str  # the device node
    usb_id: str = ""  # vendor:product
    serial: str = ""
    port: str = ""  # USB port, such as 1-1.2
    product: str = ""
    links: tuple[str, ...] = ()  # other names of the node, such as /dev/v4l/by-path/...


def probe(config: Config) -> Probe:
    """Reports each declared camera, and any other that is found."""
    declared = tuple(item for item in config.peripherals if item.kind == KIND)
    udev = pyudev.Context()

    def run(_context: Context) -> tuple[DeviceState, ...]:
        return judge(declared, read(udev))

    return Probe("camera", config.probes.camera_s, config.probes.timeout_s, run)


def read(udev: pyudev.Context) -> tuple[Camera, ...]:
    """The cameras there are, one each however many nodes it has."""
    nodes = (describe(device) for device in udev.list_devices(subsystem="video4linux"))
    found = {camera.port or camera.path: camera for camera in nodes if camera is not None}
    return tuple(found[key] for key in sorted(found))


def describe(device: pyudev.Device) -> Camera | None:
    """The camera behind a video4linux node; None when the node does not capture, or is going."""
    if not device.device_node or not _captures(device):
        return None
    usb = device.find_parent("usb", "usb_device")
    if usb is None:  # on a ribbon cable, or virtual: only its name tells
        return Camera(device.device_node, product=_attribute(device, "name"), links=_links(device))
    serial, name = _attribute(usb, "serial"), _attribute(usb, "product")
    # Read last: every USB device has these, so without them it is being taken away just now, and
    # an empty serial number would be mistaken for another camera's.
    vendor, product = _attribute(usb, "idVendor"), _attribute(usb, "idProduct")
    if not vendor or not product:
        return None
    return Camera(
        device.device_node,
        f"{vendor}:{product}".lower(),
        serial,
        usb.sys_name,
        name or _attribute(device, "name"),
        _links(device),
    )


def judge(declared: Sequence[Peripheral], found: Sequence[Camera]) -> tuple[DeviceState, ...]:
    """One device for each declared camera, and one for each found that nobody declared."""
    pairs = pair(declared, found)
    taken = {camera for camera, _ in pairs.values() if camera is not None}
    serials = [(camera.usb_id, camera.serial) for camera in found]
    # Some makers give one serial number to a whole batch: there the port tells.
    twins = {serial for serial in serials if serials.count(serial) > 1}
    return (
        *(_declared_state(item, *pairs[item.id]) for item in declared),
        *(
            _stray_state(camera, is_twin=(camera.usb_id, camera.serial) in twins)
            for camera in found
            if camera not in taken
        ),
    )


def pair(
    declared: Sequence[Peripheral], found: Sequence[Camera]
) -> dict[str, tuple[Camera | None, str]]:
    """For each declared id the camera that answers for it, and what is odd about it.

    Exact matches are made first; then the same camera at another port (`moved`), and another
    camera where it should be, or another of its model where only the model can tell (`swapped`).
    """
    pairs: dict[str, tuple[Camera | None, str]] = {}
    free = list(found)
    for oddity, fits in (("", _is_same), ("moved", _is_moved), ("swapped", _is_swapped)):
        for item in declared:
            if item.id not in pairs:
                camera = next((each for each in free if fits(item.match, each)), None)
                if camera is not None:
                    pairs[item.id] = (camera, oddity)
                    free.remove(camera)
    return {item.id: pairs.get(item.id, (None, "")) for item in declared}


def _is_same(match: Match, camera: Camera) -> bool:
    return (
        _agrees(match.usb_id, camera.usb_id)
        and _agrees(match.serial, camera.serial)
        and _agrees(match.port, camera.port)
        and match.path in (None, camera.path, *camera.links)
    )


def _is_moved(match: Match, camera: Camera) -> bool:
    """The serial number tells it wherever it is plugged in."""
    return match.serial is not None and (
        _agrees(match.serial, camera.serial) and _agrees(match.usb_id, camera.usb_id)
    )


def _is_swapped(match: Match, camera: Camera) -> bool:
    if match.port is not None:
        return match.port == camera.port
    return (
        match.serial is not None
        and match.usb_id is not None
        and _agrees(match.usb_id, camera.usb_id)
    )


def _agrees(wanted: str | None, seen: str) -> bool:
    return wanted is None or wanted.lower() == seen.lower()


def _declared_state(item: Peripheral, camera: Camera | None, oddity: str) -> DeviceState:
    if camera is None:
        return DeviceState(item.id, KIND, Health.MISSING, ("not-connected",))
    health = Health.DEGRADED if oddity else Health.OK
    return DeviceState(item.id, KIND, health, (oddity,) if oddity else (), {}, _facts(camera))


def _stray_state(camera: Camera, is_twin: bool) -> DeviceState:
    return DeviceState(
        stray_id(camera, is_twin), KIND, Health.OK, (), {}, {**_facts(camera), "declared": False}
    )


def stray_id(camera: Camera, is_twin: bool = False) -> str:
    """An id that an undeclared camera keeps across reboots; a twin is told by its port.

    >>> stray_id(Camera("/dev/video0", "046d:0825", "A1B2", "1-1.2"))
    'camera:046d:0825:a1b2'
    >>> stray_id(Camera("/dev/video0", "046d:0825", "", "1-1.2"))
    'camera:046d:0825:1-1.2'
    >>> stray_id(Camera("/dev/video0"))
    'camera:video0'
    """
    serial = "" if is_twin else camera.serial
    place = serial or camera.port or camera.path.removeprefix("/dev/")
    words = (KIND, camera.usb_id, place)
    return re.sub(r"[^a-z0-9._:-]+", "-", ":".join(filter(None, words)).lower())[:64]


def _facts(camera: Camera) -> dict[str, FactValue]:
    # The node's number is left out: it changes with the order of plugging, and means nothing.
    said = {
        "usb_id": camera.usb_id,
        "serial": camera.serial,
        "port": camera.port,
        "product": camera.product,
    }
    return {name: value[:128] for name, value in said.items() if value}


def _captures(device: pyudev.Device) -> bool:
    capabilities = device.properties.get("ID_V4L_CAPABILITIES")
    if capabilities is not None:
        return ":capture:" in capabilities
    return _attribute(device, "index") in ("", "0")


def _links(device: pyudev.Device) -> tuple[str, ...]:
    return tuple(device.device_links)


def _attribute(device: pyudev.Device, name: str) -> str:
    value = device.attributes.get(name)
    return value.decode(errors="replace").strip() if value is not None else ""
