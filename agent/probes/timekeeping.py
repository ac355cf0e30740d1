"""The clock: is it kept in step by a time server, and did it jump?

adjtimex(2) only reads with modes 0; of its struct timex:
    offset      what is still to be made up, in us, or in ns where status has STA_NANO
    maxerror    the kernel's own bound of the error, in us
"""

import ctypes
import struct
from datetime import datetime

from msgspec import Struct

JUMPED = "clock-jumped"
#: A time server that steps the clock does so from 0.1 s (ntpd) to 1 s (chrony, first minutes) on.
JUMP_S = 5.0
#: How long a jump is told of.
SAID_S = 600.0

_STA_NANO = 0x2000
_TIMEX = struct.Struct("@Ilqqqi")  # modes, offset, freq, maxerror, esterror, status
_TIMEX_BYTES = 208


class Offset(Struct, frozen=True):
    """How far off the clock is, and may be."""

    offset_ms: float
    max_error_ms: float


class Steadiness(Struct, frozen=True):
    """The time of day against the seconds since boot, which never jump; and the last jump."""

    boot_at: float | None = None  # when the machine started, by the clock as it is now
    was_trusted: bool = False
    jump_s: float = 0.0
    jumped: float = float("-inf")  # in seconds since boot

    def is_told(self, uptime_s: float) -> bool:
        """Whether a jump is recent enough to be told of."""
        return uptime_s - self.jumped < SAID_S


def observe(before: Steadiness, utc: datetime, uptime_s: float, *, is_trusted: bool) -> Steadiness:
    """The steadiness after one more look.

    A clock that was not trusted before and jumps has been set right: that is no fault.
    """
    boot_at = utc.timestamp() - uptime_s
    jump_s = 0.0 if before.boot_at is None else boot_at - before.boot_at
    if before.was_trusted and abs(jump_s) >= JUMP_S:
        return Steadiness(boot_at, is_trusted, round(jump_s, 1), uptime_s)
    return Steadiness(boot_at, is_trusted, before.jump_s, before.jumped)


def read_offset() -> Offset:
    """What the kernel says now."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    ctypes.CDLL(None).adjtimex(buffer)
    return parse_timex(buffer.raw)


def parse_timex(raw: bytes) -> Offset:
    """Offset and bound of a struct timex.

    >>> parse_timex(_TIMEX.pack(0, 250_000, 0, 1500, 0, _STA_NANO))
    Offset(offset_ms=0.25, max_error_ms=1.5)
    """
    _, offset, _, max_error, _, status = _TIMEX.unpack_from(raw)
    scale = 1e6 if status & _STA_NANO else 1e3
    return Offset(offset / scale, max_error / 1e3)
