"""A program among all that run: is it there, and since when?

/proc/4711/stat (proc_pid_stat(5)): pid (name) state parent ... start, in ticks since boot:
    4711 (chromium) S 4690 4711 4711 0 -1 4194560 ... 20 0 31 0 182034 ...
/proc/4711/cgroup:
    0::/system.slice/kiosk.service
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
#: The kernel keeps no more of a program's name.
_NAME_LENGTH = 15
_DEAD = frozenset("ZXx")


class Wanted(Struct, frozen=True):
    """What a program is told by: all that is given. `command` is a regular expression."""

    name: str = ""
    command: str = ""
    unit: str = ""


class Process(Struct, frozen=True):
    """One that runs. `started_s` is seconds after boot."""

    pid: int
    parent: int
    name: str
    started_s: float


def find(proc: Path, wanted: Wanted) -> Process | None:
    """The program wanted, of its processes the one that started the others; None when none is."""
    return first(one for one in _each(proc) if _is_wanted(proc / str(one.pid), one, wanted))


def look(proc: Path, pid: int) -> Process | None:
    """One process; None when it is no more."""
    try:
        return parse_stat((proc / str(pid) / "stat").read_text(errors="replace"))
    except OSError:
        return None


def first(matching: Iterable[Process]) -> Process | None:
    """Of several, the one whose parent is none of them; the eldest of such.

    >>> first([Process(7, 5, "chromium", 12.1), Process(5, 1, "chromium", 12.0)]).pid
    5
    """
    family = {one.pid: one for one in matching}
    heads = [one for one in family.values() if one.parent not in family]
    return min(heads, key=lambda one: one.started_s, default=None)


def parse_stat(raw: str) -> Process | None:
    """A process from its stat; None of one that has ended and waits for its parent to notice.

    >>> parse_stat("7 (a) b) S 5 7 7 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 4200 9 9").name
    'a) b'
    """
    left, _, right = raw.rpartition(") ")
    pid, _, name = left.partition(" (")
    fields = right.split()
    if len(fields) < 20 or fields[0] in _DEAD:
        return None
    return Process(int(pid), int(fields[1]), name, int(fields[19]) / _TICKS_PER_S)


def _each(proc: Path) -> Iterable[Process]:
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            one = look(proc, int(folder.name))
            if one is not None:
                yield one


def _is_wanted(folder: Path, one: Process, wanted: Wanted) -> bool:
    if wanted.command and not re.search(wanted.command, " ".join(_words(folder))):
        return False
    if wanted.name and not _is_named(folder, one, wanted.name):
        return False
    return not wanted.unit or wanted.unit in _text(folder / "cgroup").replace("\n", "/").split("/")


def _is_named(folder: Path, one: Process, name: str) -> bool:
    if one.name == name[:_NAME_LENGTH]:
        return True
    return next(iter(_words(folder)), "").split(" ")[0].rpartition("/")[2] == name


def _words(folder: Path) -> list[str]:
    return [word for word in _text(folder / "cmdline").split("\0") if word]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
