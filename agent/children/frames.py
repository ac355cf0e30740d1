"""Frames from a video4linux node: by memory mapping, or by read() where a driver knows no other.

Layouts are the kernel's own for this machine (linux/videodev2.h), hence native sizes.
"""

import contextlib
import fcntl
import mmap
import os
import select
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from agent.probes import v4l2
from agent.probes.picture import RAW, Frame

_REQUEST = struct.Struct("=IIIII")
#: index type bytesused flags field | timestamp timecode | sequence memory m | length, 2 reserved
_BUFFER = struct.Struct("@IIIIIll16sIILIII0L")
_PIX = struct.Struct("=IIIIII")
#: struct v4l2_format: the type, then a union of 200 bytes that holds pointers.
_FORMAT_AT = struct.calcsize("@I0L")
_FORMAT_SIZE = _FORMAT_AT + 200
_MMAP, _BUFFERS, _FLAG_ERROR = 1, 4, 0x40
_WIDTH, _HEIGHT = 640, 480


def _iowr(number: int, size: int) -> int:
    """asm-generic/ioctl.h: _IOWR('V', number, size)."""
    return 3 << 30 | size << 16 | ord("V") << 8 | number


_G_FMT, _S_FMT = _iowr(4, _FORMAT_SIZE), _iowr(5, _FORMAT_SIZE)
_REQBUFS = _iowr(8, _REQUEST.size)
_QUERYBUF, _QBUF, _DQBUF = (_iowr(number, _BUFFER.size) for number in (9, 15, 17))
_STREAMON, _STREAMOFF = 0x40045612, 0x40045613


class Stream(Protocol):
    """A camera that streams."""

    layout: Frame

    def next(self, limit_s: float) -> bytes:
        """The next frame; empty when none came in time, or a broken one."""


@contextmanager
def open_stream(path: str) -> Iterator[Stream]:
    """Begin to stream, and leave the node as it was found.

    Raises OSError (EBUSY: another streams), NotImplementedError for a node without a known way.
    """
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        described = v4l2.ask(fd)
        if not described.capabilities & v4l2.CAPTURE:
            raise NotImplementedError("only multi-planar")
        with _format(fd, described.formats) as layout:
            if described.capabilities & v4l2.STREAMING:
                with _mapped(fd) as buffers:
                    yield _Mapped(fd, layout, buffers)
            elif described.capabilities & v4l2.READWRITE:
                yield _Read(fd, layout)
            else:
                raise NotImplementedError("neither streams nor reads")
    finally:
        os.close(fd)


class _Mapped:
    """By memory mapping."""

    def __init__(self, fd: int, layout: Frame, buffers: list[mmap.mmap]) -> None:
        self._fd, self.layout, self._buffers = fd, layout, buffers

    def next(self, limit_s: float) -> bytes:
        """Copied, and its buffer given back at once."""
        if not _is_readable(self._fd, limit_s):
            return b""
        buffer = _buffer(self._fd, _DQBUF, 0)
        index, used, flags = buffer[0], buffer[2], buffer[3]
        data = b"" if flags & _FLAG_ERROR else self._buffers[index][:used]
        _buffer(self._fd, _QBUF, index)
        return data


class _Read:
    """By read()."""

    def __init__(self, fd: int, layout: Frame) -> None:
        self._fd, self.layout = fd, layout
        self._size = max(layout.stride * layout.height * 2, 1 << 20)

    def next(self, limit_s: float) -> bytes:
        """One read is one frame."""
        return os.read(self._fd, self._size) if _is_readable(self._fd, limit_s) else b""


def best(formats: tuple[str, ...]) -> str | None:
    """The format to ask for: one that can be judged, when there is one.

    >>> best(("MJPG", "YUYV")), best(("MJPG",)), best(("H264",))
    ('YUYV', 'MJPG', None)
    """
    return next((one for one in (*RAW, "MJPG", "JPEG") if one in formats), None)


@contextmanager
def _format(fd: int, formats: tuple[str, ...]) -> Iterator[Frame]:
    """A small raw format meanwhile; then the one that was set before, which drivers keep."""
    before = bytearray(_FORMAT_SIZE)
    before[:4] = struct.pack("=I", v4l2.TYPE_CAPTURE)
    fcntl.ioctl(fd, _G_FMT, before)
    wanted, chosen = bytearray(before), best(formats)
    if chosen is not None:
        code = int.from_bytes(chosen.ljust(4).encode(), "little")
        _PIX.pack_into(wanted, _FORMAT_AT, _WIDTH, _HEIGHT, code, 0, 0, 0)
        fcntl.ioctl(fd, _S_FMT, wanted)
    width, height, code, _field, stride, _size = _PIX.unpack_from(wanted, _FORMAT_AT)
    try:
        yield Frame(v4l2.fourcc(code), width, height, stride)
    finally:
        if chosen is not None:
            with contextlib.suppress(OSError):  # it was unplugged meanwhile
                fcntl.ioctl(fd, _S_FMT, before)


@contextmanager
def _mapped(fd: int) -> Iterator[list[mmap.mmap]]:
    """Buffers in the driver's hands, streaming."""
    buffers: list[mmap.mmap] = []
    kind = struct.pack("=i", v4l2.TYPE_CAPTURE)
    try:
        for index in range(_request(fd, _BUFFERS)):
            buffer = _buffer(fd, _QUERYBUF, index)
            buffers.append(mmap.mmap(fd, buffer[11], offset=buffer[10]))
            _buffer(fd, _QBUF, index)
        fcntl.ioctl(fd, _STREAMON, kind)
        yield buffers
    finally:
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, _STREAMOFF, kind)
        for each in buffers:
            each.close()
        with contextlib.suppress(OSError):
            _request(fd, 0)  # without buffers the format may be set again


def _request(fd: int, count: int) -> int:
    asked = bytearray(_REQUEST.pack(count, v4l2.TYPE_CAPTURE, _MMAP, 0, 0))
    fcntl.ioctl(fd, _REQBUFS, asked)
    return int(_REQUEST.unpack(asked)[0])


def _buffer(fd: int, request: int, index: int) -> tuple[int, ...]:
    raw = bytearray(_BUFFER.size)
    kind = v4l2.TYPE_CAPTURE
    _BUFFER.pack_into(raw, 0, index, kind, 0, 0, 0, 0, 0, b"", 0, _MMAP, 0, 0, 0, 0)
    fcntl.ioctl(fd, request, raw)
    return _BUFFER.unpack(raw)


def _is_readable(fd: int, limit_s: float) -> bool:
    return bool(select.select([fd], [], [], max(0.0, limit_s))[0])
