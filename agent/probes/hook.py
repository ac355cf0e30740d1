"""Whether a handset is lifted: its cradle is a switch or a key of an input device.

The kernel answers at any time, without the device being held (uapi/linux/input.h: EVIOCGSW for
switches, EVIOCGKEY for keys; a bit for each, set while it is on).
"""

import fcntl
import os
import re
from pathlib import Path

import pyudev
from msgspec import Struct

from agent.probes import plugged

_KEYS, _SWITCHES = 0x18, 0x1B
_BYTES = 96  # KEY_MAX is 0x2ff
_EVENT = re.compile(r"event\d+")


class Hook(Struct, frozen=True):
    """Which bit of which device says it."""

    code: int
    is_key: bool  # a key's bit, not a switch's
    lifted_when: bool  # its value while the handset is lifted


def find(udev: pyudev.Context, name: str, usb_port: str) -> Path | None:
    """The input device of this name, or else the first of the handset's own USB device."""
    for device in sorted(udev.list_devices(subsystem="input"), key=lambda each: each.sys_name):
        if not _EVENT.fullmatch(device.sys_name) or device.device_node is None:
            continue
        usb = device.find_parent("usb", "usb_device")
        parent = device.parent
        called = plugged.attribute(parent, "name") if parent is not None else ""
        is_own = usb is not None and usb_port and usb.sys_name == usb_port
        if called == name if name else is_own:
            return Path(device.device_node)
    return None


def is_lifted(node: Path, hook: Hook) -> bool:
    """What the cradle says now. Raises OSError when it cannot be asked."""
    bits = bytearray(_BYTES)
    fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(fd, _get(_KEYS if hook.is_key else _SWITCHES), bits)
    finally:
        os.close(fd)
    return bool(bits[hook.code // 8] >> hook.code % 8 & 1) == hook.lifted_when


def _get(number: int) -> int:
    """_IOR('E', number, _BYTES)."""
    return 2 << 30 | _BYTES << 16 | ord("E") << 8 | number
