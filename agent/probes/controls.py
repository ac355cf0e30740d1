"""The controls of a sound card, read by its kernel interface (uapi/sound/asound.h): no library.

Names are made of words (kernel: sound/designs/control-names): `Mic Capture Switch`,
`Master Playback Volume`. Reading them plays and records nothing.
"""

import errno
import fcntl
import os
import struct
from enum import IntEnum
from pathlib import Path

from msgspec import Struct

_MIXER = 2  # SNDRV_CTL_ELEM_IFACE_MIXER
_READABLE, _INACTIVE = 0x1, 0x100
#: Cards have tens of controls; numbers may have gaps where a driver took some away.
_MOST, _GAPS = 512, 64

# Native sizes and alignment: they are the kernel's, on 32 bits too.
_LIST = struct.Struct("@4IP50s0P")  # offset, space, used, count
_INFO = struct.Struct("@Iiii44sI iIIi 128s64s")
_LIMITS = struct.Struct("@3l")  # min, max, step at _LIMITS_AT of _INFO
_LIMITS_AT = 80
_VALUE = struct.Struct("@64sI0q128l128s0q")
_NUMBER = struct.Struct("@I")


class Type(IntEnum):
    """What a control holds: SNDRV_CTL_ELEM_TYPE_*."""

    BOOLEAN = 1
    INTEGER = 2


class Control(Struct, frozen=True):
    """A switch (1: sound passes) or a volume, one value a channel."""

    name: str
    type: Type
    values: tuple[int, ...]
    least: int = 0
    most: int = 1
    index: int = 0

    @property
    def percent(self) -> float:
        """The loudest channel, of its range."""
        reach = self.most - self.least
        return 100 * (max(self.values) - self.least) / reach if reach > 0 else 100.0


def read(node: Path) -> tuple[Control, ...]:
    """The switches and volumes of a card. Raises OSError when it cannot be asked."""
    fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        count = _count(fd)
        found: list[Control] = []
        seen = 0
        for number in range(1, min(count, _MOST) + _GAPS):
            if seen == count:
                break
            try:
                control = _control(fd, number)
            except FileNotFoundError:
                continue
            seen += 1
            if control is not None:
                found.append(control)
        return tuple(found)
    finally:
        os.close(fd)


def _count(fd: int) -> int:
    answer = bytearray(_LIST.size)
    fcntl.ioctl(fd, _both(0x10, _LIST.size), answer)
    return int(_LIST.unpack(answer)[3])


def _control(fd: int, number: int) -> Control | None:
    """One control; None for those that are no switch or volume, or cannot be read now."""
    told = bytearray(_INFO.size)
    _NUMBER.pack_into(told, 0, number)
    fcntl.ioctl(fd, _both(0x11, _INFO.size), told)
    _, iface, _, _, name, index, kind, access, count, *_ = _INFO.unpack(told)
    is_one = iface == _MIXER and kind in (Type.BOOLEAN, Type.INTEGER)
    if not is_one or not access & _READABLE or access & _INACTIVE or not 0 < count <= 128:
        return None
    least, most, _ = _LIMITS.unpack_from(told, _LIMITS_AT)
    try:
        values = _values(fd, number, count)
    except FileNotFoundError:
        raise
    except OSError as err:
        if err.errno == errno.ENODEV:
            raise
        return None  # a codec that sleeps, or a control that has gone
    text = name.split(b"\0")[0].decode(errors="replace")
    return Control(text, Type(kind), values, least, most, index)


def _values(fd: int, number: int, count: int) -> tuple[int, ...]:
    answer = bytearray(_VALUE.size)
    _NUMBER.pack_into(answer, 0, number)
    fcntl.ioctl(fd, _both(0x12, _VALUE.size), answer)
    return tuple(_VALUE.unpack(answer)[2 : 2 + count])


def _both(number: int, size: int) -> int:
    """_IOWR('U', number, size)."""
    return 3 << 30 | size << 16 | ord("U") << 8 | number
