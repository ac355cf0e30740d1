"""The processes of a demonstration: started, watched, and none left behind."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import DemoError

#: Should we be killed outright, the kernel ends our children for us.
_TIED = ("/usr/bin/setpriv", "--pdeathsig", "TERM", "--")
_STOP_S = 12.0
_ORPHANS_S = 3.0
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


@dataclass(frozen=True, slots=True)
class Child:
    """One running process and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Children:
    """Starts processes in sessions of their own and stops them, the first one first.

    A controller that is gone hears no goodbyes: its next start would find a fleet that had left
    long ago, and raise an alert of it.
    """

    def __init__(self, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._environment, self._say = dict(environment), say
        self._children: list[Child] = []
        # What a child leaves behind becomes ours, so that it can be found and ended.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def start(self, name: str, command: Sequence[str], log: Path) -> None:
        """Run `command`, its output in `log`, which begins anew."""
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                [*_TIED, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is ours to hear; each is then told once
            )
        self._children.append(Child(name, process, log))

    def require_alive(self) -> None:
        """Raises DemoError with the end of its log when one has ended."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise DemoError(f"{child.name} ended with {code}; its log says:\n{tail(child.log)}")

    def stop(self) -> None:
        """End all of them and all that they started. Takes seconds."""
        until = time.monotonic() + _STOP_S
        for child in self._children:
            with suppress(ProcessLookupError):
                child.process.terminate()
            try:
                child.process.wait(max(1.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{child.name} does not stop: killed")
                child.process.kill()
                child.process.wait()
        self._children.clear()
        _end_orphans()


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    given: str = "",
) -> str:
    """Run `command` to its end, `given` on its standard input; answers what it printed.

    Raises DemoError with the end of its log when it fails.
    """
    with log.open("ab") as errors:
        done = subprocess.run(  # noqa: S603 - our own commands
            [*_TIED, *command],
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=dict(environment),
            check=False,
        )
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip()
        what = " ".join(Path(word).name for word in command[:4])
        raise DemoError(f"{what} ended with {done.returncode}:\n{said}\n{tail(log)}".rstrip())
    return done.stdout.decode()


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented."""
    try:
        text = log.read_text("utf-8", "replace")
    except OSError as err:
        return f"    ({log}: {err.strerror})"
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def _end_orphans() -> None:
    """What our children left behind is ours by now: TERM, a moment, KILL."""
    until = time.monotonic() + _ORPHANS_S
    number = signal.SIGTERM
    while orphans := _own_children():
        if time.monotonic() > until:
            number = signal.SIGKILL
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(0.1)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _own_children() -> list[int]:
    """Pids of our children that still run, zombies reaped by the caller."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in path.read_text().split()]
