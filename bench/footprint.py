"""What a process and all its children take of the machine: memory and CPU, as the kernel counts."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Of a tree of processes. What they share counts once for each in RSS, by its share in PSS."""

    rss_bytes: int = 0
    pss_bytes: int = 0

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.rss_bytes + other.rss_bytes, self.pss_bytes + other.pss_bytes)


class Tree:
    """A process and its descendants, found anew at each look."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def memory(self) -> Memory:
        """Of all that live now."""
        total = Memory()
        for pid in self._pids():
            with suppress(OSError):  # it has just ended
                total += parse_rollup((_PROC / str(pid) / "smaps_rollup").read_text())
        return total

    def cpu_s(self) -> float:
        """Of all that live now, and of their children that have ended and were waited for."""
        total = 0.0
        for pid in self._pids():
            with suppress(OSError):
                total += time.clock_gettime(_cpu_clock(pid))
                total += _ended_children_s((_PROC / str(pid) / "stat").read_text())
        return total

    def _pids(self) -> Iterator[int]:
        yield self._pid
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._pid).children(recursive=True):
                yield child.pid


def parse_rollup(text: str) -> Memory:
    """From /proc/<pid>/smaps_rollup (proc(5)), in kB there.

    >>> parse_rollup("55d1-7ffc ---p 0 00:00 0 [rollup]\\nRss:  2048 kB\\nPss:  1024 kB\\n")
    Memory(rss_bytes=2097152, pss_bytes=1048576)
    """
    found = {
        name: int(rest.split()[0]) * 1024
        for name, _, rest in (line.partition(":") for line in text.splitlines()[1:])
    }
    return Memory(found["Rss"], found["Pss"])


def _cpu_clock(pid: int) -> int:
    """The CPU-time clock of a whole process, threads that have ended included, in nanoseconds
    (clock_getcpuclockid(3), linux/posix-timers.h). /proc/<pid>/stat has steps of 10 ms.
    """
    scheduled = 2
    return (~pid << 3) | scheduled


def _ended_children_s(stat: str) -> float:
    """cutime and cstime of /proc/<pid>/stat, fields 16 and 17 (proc(5)); a name may hold blanks."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS_PER_S
