"""A make-believe /sys as plain files below a folder, of screens, batteries and USB."""

from pathlib import Path

HEADER = bytes.fromhex("00ffffffffffff00")


def write(folder: Path, **files: str | bytes) -> Path:
    """Files of one device."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else f"{content}\n".encode()
        (folder / name).write_bytes(raw)
    return folder


def edid(name: str = "Iris 24", serial: str = "0042", maker: str = "DEL") -> bytes:
    """The first block of a screen's EDID 1.4, of 1920x1080 at 60 Hz."""
    packed = 0
    for letter in maker:
        packed = packed << 5 | ord(letter) - 64
    about = packed.to_bytes(2, "big") + bytes.fromhex("3c41 2a000000 01 20 01 04 a5 35 1e 78 22")
    colours = bytes.fromhex("ee95a3544c99260f5054") + bytes(3) + b"\x01\x01" * 8
    timing = bytes.fromhex("023a801871382d40582c4500133e2100001e")
    limits = bytes.fromhex("000000fd00384b1e5311000a202020202020")
    block = HEADER + about + colours + timing + _text(0xFC, name) + _text(0xFF, serial) + limits
    block += bytes(1)
    return block + bytes([-sum(block) % 256])


def screen(sys: Path, connector: str = "HDMI-A-1", **files: str | bytes) -> Path:
    """A connector with a screen that shows a picture, but for what is said otherwise."""
    shown: dict[str, str | bytes] = {"status": "connected", "enabled": "enabled", "dpms": "On"}
    shown |= {"modes": "1920x1080\n1280x720", "edid": edid()}
    return write(sys / f"class/drm/card0-{connector}", **{**shown, **files})


def usb(sys: Path, port: str, usb_id: str, *classes: str, product: str = "Thing") -> Path:
    """A USB device, with an interface for each class."""
    vendor, _, model = usb_id.partition(":")
    devices = sys / "bus/usb/devices"
    write(devices / port, idVendor=vendor, idProduct=model, product=product, serial="S1")
    for number, each in enumerate(classes):
        write(devices / f"{port}:1.{number}", bInterfaceClass=each)
    return devices / port


def disk(sys: Path, name: str, port: str, number: str = "8:16", size: str = "60000000") -> None:
    """A disk on USB, as the kernel links it."""
    real = sys / f"devices/pci0/usb1/{port}/{port}:1.0/host6/target6:0:0/block/{name}"
    write(real, size=size)
    for link in (sys / "block" / name, sys / "dev/block" / number):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(real)


def _text(kind: int, text: str) -> bytes:
    return bytes([0, 0, 0, kind, 0]) + f"{text}\n".encode().ljust(13)[:13]
