"""Whether this kiosk's Salt minion runs and has reached its master, by what the kernel says of it.

A minion connects to the master's publishing port once the master has taken its key, and not
before: so a connection of its own process to that port is the proof, which costs no Python of
Salt's (80 MB and three seconds for a `salt-call`).
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event

from agent import program
from agent.config import Minion
from agent.errors import ProgramError, RemedyError
from agent.warden import running

#: The first that systemd has is the minion's.
UNITS = ("vigie-minion.service", "salt-minion.service")
_UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system")
_DEBIAN = Path("/usr/bin")
_RESTART_S = 120.0
_STEP_S = 0.5
_ESTABLISHED = "01"  # include/net/tcp_states.h


def is_installed(place: Minion) -> bool:
    """Whether there is a salt-minion to run."""
    return any((folder / "salt-minion").exists() for folder in (place.programs, _DEBIAN))


def pid(place: Minion) -> int | None:
    """The process of the minion; None when it does not run."""
    return running(place.pidfile)


def is_older(place: Minion, files: Iterable[Path]) -> bool:
    """Whether the minion was started before one of these files was written."""
    with suppress(OSError):
        began = place.pidfile.stat().st_mtime
        return any(path.stat().st_mtime > began for path in files)
    return False


def is_connected(process: int, port: int) -> bool:
    """Whether the process has a TCP connection to this port, of whatever host."""
    ours = _sockets(process)
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            lines = Path(f"/proc/{process}/net/{name}").read_text().splitlines()[1:]
            if not ours.isdisjoint(_connected(lines, port)):
                return True
    return False


def wait_connected(place: Minion, port: int, within_s: float, is_over: Event) -> int | None:
    """The minion's process, once it is connected; None when it is not within this time."""
    waited_s = 0.0
    while True:
        process = pid(place)
        if process is not None and is_connected(process, port):
            return process
        if waited_s >= within_s or is_over.wait(_STEP_S):
            return None
        waited_s += _STEP_S


def restart(place: Minion) -> None:
    """Have its service restarted. Raises RemedyError when that cannot be done."""
    if place.restart:
        _run(place.restart)
        return
    from agent.remedies import RestartService

    RestartService().act(unit())


def unit() -> str:
    """The minion's unit. Raises RemedyError when systemd has none."""
    for name in UNITS:
        if any(Path(folder, name).exists() for folder in _UNIT_FOLDERS):
            return name
    raise RemedyError(f"systemd has no {' or '.join(UNITS)}: install the minion")


def _run(command: tuple[str, ...]) -> None:
    try:
        done = program.run(command, _RESTART_S)
    except ProgramError as err:
        raise RemedyError(str(err)) from err
    if done.status != 0:
        said = (done.err or done.out).strip()[:300] or f"exit status {done.status}"
        raise RemedyError(f"{' '.join(command)}: {said}")


def _sockets(process: int) -> frozenset[str]:
    """The inodes of a process's sockets."""
    found = set()
    with suppress(OSError):
        for path in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                target = str(path.readlink())
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return frozenset(found)


def _connected(lines: list[str], port: int) -> set[str]:
    """Inodes of the connections to a port, in /proc/net/tcp (proc_net_tcp in the kernel's manual).

    >>> line = "0: 0100007F:A1B2 0100007F:1199 01 0:0 00:0 0 0 0 4711 1 0 20 4 30 10 -1"
    >>> _connected([line], 4505), _connected([line], 4506)
    ({'4711'}, set())
    """
    found = set()
    for line in lines:
        parts = line.split()
        if parts[3] == _ESTABLISHED and int(parts[2].rpartition(":")[2], 16) == port:
            found.add(parts[9])
    return found
