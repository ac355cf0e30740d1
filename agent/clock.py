"""What time it is, and whether to believe it: clock batteries die, and power cuts follow."""

import ctypes
import time
from datetime import UTC, datetime

# linux/timex.h: adjtimex(2) with modes 0 only reads; TIME_ERROR means not synchronised.
_TIME_ERROR = 5
_STRUCT_TIMEX_BYTES = 208

#: Before this release was made, it cannot be.
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """The machine's clocks."""

    def utc(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump; for durations within this process."""
        return time.monotonic()

    def is_trusted(self) -> bool:
        """Whether what `utc` says can be relied upon."""
        return clock_trusted()


def clock_trusted() -> bool:
    """Whether the kernel says that a time server disciplines the clock, and it is plausible."""
    return datetime.now(UTC) >= _EARLIEST and _is_synchronised()


def uptime_s() -> float:
    """Seconds since this machine started, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _is_synchronised() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(_STRUCT_TIMEX_BYTES)
    state: int = libc.adjtimex(buffer)
    return 0 <= state != _TIME_ERROR
