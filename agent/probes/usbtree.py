"""What is on the USB bus: devices, what they are for, their ports' over-currents.

/sys/bus/usb/devices/1-1.2/idVendor, idProduct, serial, product, bDeviceClass
/sys/bus/usb/devices/1-1.2:1.0/bInterfaceClass                08: a disk, a stick
/sys/bus/usb/devices/1-1:1.0/1-1-port2/over_current_count     since boot (Linux 4.20)
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

#: Classes as usb.org numbers them.
AUDIO, PRINTER, STORAGE, HUB, SMART_CARD, VIDEO = "01", "07", "08", "09", "0b", "0e"


class UsbDevice(Struct, frozen=True):
    """One device. `classes` are those of its interfaces; `disks` the disks on it with a medium."""

    port: str
    usb_id: str
    serial: str
    product: str
    classes: frozenset[str]
    disks: frozenset[str] = frozenset()
    is_hub: bool = False


def read(sys: Path) -> tuple[UsbDevice, ...]:
    """Every device below `sys`, root hubs excepted, by port."""
    folder = sys / "bus/usb/devices"
    disks = _disks(sys)
    names = sorted(path.name for path in folder.glob("*-*"))
    found = []
    for port in (name for name in names if ":" not in name):
        device = folder / port
        vendor, product = _text(device / "idVendor"), _text(device / "idProduct")
        if not vendor or not product:
            continue  # it is being taken away just now
        interfaces = (folder / name for name in names if name.startswith(f"{port}:"))
        found.append(
            UsbDevice(
                port=port,
                usb_id=f"{vendor}:{product}".lower(),
                serial=_text(device / "serial"),
                product=_text(device / "product"),
                classes=frozenset(_text(each / "bInterfaceClass").lower() for each in interfaces),
                disks=frozenset(disk for disk, on in disks.items() if on == port),
                is_hub=_text(device / "bDeviceClass") == HUB,
            )
        )
    return tuple(found)


def over_currents(sys: Path) -> dict[str, int]:
    """How often each port drew too much since boot."""
    counts = {}
    for path in sys.glob("bus/usb/devices/*:*/*port*/over_current_count"):
        text = _text(path)
        if text.isdecimal():
            counts[path.parent.name] = int(text)
    return counts


def needed(sys: Path, numbers: Iterable[str]) -> frozenset[str]:
    """The disks behind block devices, given as `major:minor`: through partitions and mappings."""
    found: set[str] = set()
    todo = [sys / "dev/block" / number for number in numbers]
    while todo:
        path = todo.pop()
        if not path.exists():
            continue
        block = path.resolve()
        beneath = list((block / "slaves").glob("*")) if (block / "slaves").is_dir() else []
        todo += beneath
        if not beneath:
            found.add(block.parent.name if (block / "partition").exists() else block.name)
    return frozenset(found)


def _disks(sys: Path) -> Mapping[str, str]:
    """Each disk on USB that has a medium, and the port it hangs on."""
    found = {}
    for path in sys.glob("block/*"):
        parts = path.resolve().parts
        ports = [part.partition(":")[0] for part in parts if _is_interface(part)]
        if ports and _text(path / "size") not in ("", "0"):
            found[path.name] = ports[-1]
    return found


def _is_interface(part: str) -> bool:
    """Whether a part of a path under /sys is a USB interface.

    >>> _is_interface("1-1.2:1.0"), _is_interface("0000:00:14.0"), _is_interface("host6")
    (True, False, False)
    """
    port, colon, rest = part.partition(":")
    return bool(colon) and "-" in port and rest.count(".") == 1


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
