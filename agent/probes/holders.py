"""Who holds a device node open: found in /proc once, then watched at the cost of one readlink.

To look through every process costs milliseconds, so a camera's driver is asked first: its module
counts who uses it (/sys/module/uvcvideo/refcnt).
"""

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

from msgspec import Struct

PROC, VIDEO = Path("/proc"), Path("/sys/class/video4linux")
#: How soon everything is looked through again when the gate cannot tell.
_AGAIN_S = 15.0


class Holder(Struct, frozen=True):
    """One process that holds a node. `program` is its name, without its arguments."""

    pid: int
    program: str
    fd: str


class Holders:
    """Remembers who holds one of the nodes. Processes of our own never count."""

    def __init__(
        self,
        ignored: Collection[str] = (),
        proc: Path = PROC,
        gate: Callable[[], tuple[str, ...] | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ignored, self._proc, self._clock = frozenset(ignored), proc, clock
        self._gate = gate or uses
        self._known: Holder | None = None
        self._uses: tuple[str, ...] | None = None
        self._looked_at = float("-inf")

    def who(self, nodes: Collection[str]) -> Holder | None:
        """Who holds one of `nodes` now; None when nobody does."""
        known = self._known
        if known is not None and _link(self._proc / str(known.pid) / "fd" / known.fd) in nodes:
            return known
        used = self._gate()
        if not nodes or (used is not None and not any(used)):
            self._known = None
            return None
        now = self._clock()
        is_same = known is None and used == self._uses
        if is_same and now < self._looked_at + _AGAIN_S:
            return None
        self._uses, self._looked_at = used, now
        self._known = search(nodes, self._ignored, self._proc)
        return self._known


def uses(folder: Path = VIDEO) -> tuple[str, ...] | None:
    """How often each camera's driver is in use, empty text for never; None when it cannot be told.

    A driver built into the kernel does not count.
    """
    counts = []
    try:
        # pathlib costs as much as the reading, and this is read every few seconds.
        for name in sorted(os.listdir(folder)):  # noqa: PTH208
            with open(f"{folder}/{name}/device/driver/module/refcnt") as file:  # noqa: PTH123
                count = file.read().strip()
            counts.append("" if count == "0" else count)
    except OSError:
        return None
    return tuple(counts)


def search(
    nodes: Collection[str], ignored: Collection[str] = (), proc: Path = PROC
) -> Holder | None:
    """The first process that holds one of the nodes and is not ours, by pid.

    Processes of other users can only be seen into by root.
    """
    for pid in sorted(map(int, filter(str.isdigit, os.listdir(proc)))):  # noqa: PTH208
        folder = proc / str(pid)
        held = _holding(folder, nodes)
        if held is not None and not is_ours(pid, proc):
            name = program(pid, proc)
            if name not in ignored:
                return Holder(pid, name, held)
    return None


def program(pid: int, proc: Path = PROC) -> str:
    """The name of a process or thread, at most 15 letters (proc(5), comm)."""
    try:
        return (proc / str(pid) / "comm").read_text(errors="replace").strip()
    except OSError:
        return ""


def is_ours(pid: int, proc: Path = PROC) -> bool:
    """Whether a process or thread belongs to this one, or was started below it."""
    own = os.getpid()
    seen: set[int] = set()
    while pid > 1 and pid not in seen:
        seen.add(pid)
        if pid == own:
            return True
        group, parent = _family(proc / str(pid))
        if group == own:
            return True
        pid = parent
    return False


def _family(folder: Path) -> tuple[int, int]:
    """Thread group and parent; zeros when it has ended."""
    try:
        lines = (folder / "status").read_text(errors="replace").splitlines()
    except OSError:
        return 0, 0
    found = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(found.get("Tgid", "0")), int(found.get("PPid", "0"))


def _holding(folder: Path, nodes: Collection[str]) -> str | None:
    fds = f"{folder}/fd"
    try:
        names = os.listdir(fds)  # noqa: PTH208
    except OSError:  # it has ended, or belongs to somebody else
        return None
    return next((name for name in names if _link(f"{fds}/{name}") in nodes), None)


def _link(path: str | Path) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return None
