"""Video4Linux2 by its ioctls (linux/videodev2.h): what a node is, and which formats it gives."""

import fcntl
import os
import struct

from msgspec import Struct

#: struct v4l2_capability, v4l2_fmtdesc.
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_FMTDESC = struct.Struct("=III32sII12x")
QUERYCAP, ENUM_FMT = 0x80685600, 0xC0405602
#: V4L2_CAP_*.
CAPTURE, CAPTURE_MPLANE = 0x1, 0x1000
READWRITE, STREAMING = 0x01000000, 0x04000000
_DEVICE_CAPS = 0x80000000
#: V4L2_BUF_TYPE_*.
TYPE_CAPTURE, TYPE_CAPTURE_MPLANE = 1, 9
_MAX_FORMATS = 64


class Description(Struct, frozen=True):
    """A node as its driver describes it. `capabilities` are those of the node, not of the device.

    `formats` are four-letter codes: YUYV, MJPG.
    """

    driver: str
    card: str
    capabilities: int
    formats: tuple[str, ...] = ()

    @property
    def does_capture(self) -> bool:
        """Whether it gives pictures."""
        return bool(self.capabilities & (CAPTURE | CAPTURE_MPLANE))


def describe(path: str) -> Description:
    """Ask a node. Raises OSError when it cannot be opened, or is no video4linux node."""
    # Without O_NONBLOCK some drivers wait for the one who holds it.
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return ask(fd)
    finally:
        os.close(fd)


def ask(fd: int) -> Description:
    """The same of an open node."""
    answer = bytearray(_CAPABILITY.size)
    fcntl.ioctl(fd, QUERYCAP, answer)
    driver, card, _bus, _version, whole, node = _CAPABILITY.unpack(answer)
    capabilities = node if whole & _DEVICE_CAPS else whole
    return Description(text(driver), text(card), capabilities, _formats(fd, capabilities))


def _formats(fd: int, capabilities: int) -> tuple[str, ...]:
    """In the driver's order, which is its order of preference."""
    kind = TYPE_CAPTURE if capabilities & CAPTURE else TYPE_CAPTURE_MPLANE
    found: list[str] = []
    for index in range(_MAX_FORMATS):
        answer = bytearray(_FMTDESC.pack(index, kind, 0, b"", 0, 0))
        try:
            fcntl.ioctl(fd, ENUM_FMT, answer)
        except OSError:  # EINVAL: that was all
            break
        found.append(fourcc(_FMTDESC.unpack(answer)[4]))
    return tuple(found)


def fourcc(code: int) -> str:
    """A pixel format by its four letters.

    >>> fourcc(0x56595559)
    'YUYV'
    """
    return struct.pack("<I", code & 0x7FFFFFFF).decode("ascii", "replace").strip()


def text(raw: bytes) -> str:
    """A C string.

    >>> text(b"uvcvideo" + bytes(8))
    'uvcvideo'
    """
    return raw.split(b"\0")[0].decode(errors="replace")
