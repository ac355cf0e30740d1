"""Programs that must not share the agent's confinement: systemd is asked to start them apart.

The agent's unit lets its children write almost nowhere, hides /tmp (and the X server's socket
there), and ends with them. `systemd-run --pipe --wait` starts them as a unit of their own, and
answers as they do. Without systemd (a container, a test) they are our own children.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.errors import ProgramError

_RUN = "/usr/bin/systemd-run"
_IS_SYSTEMD = Path("/run/systemd/system")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAX_BYTES = 16 * 1024 * 1024


def command(
    argv: Sequence[str], limit_s: float, environ: Mapping[str, str], *, is_systemd: bool
) -> list[str]:
    """What is really started. Pure.

    >>> command(["/bin/true"], 5, {"DISPLAY": ":0"}, is_systemd=True)[5:]
    ['--property=RuntimeMaxSec=5', '--setenv=DISPLAY=:0', '--', '/bin/true']
    """
    if not is_systemd:
        return list(argv)
    options = [f"--setenv={name}={value}" for name, value in environ.items()]
    limit = f"--property=RuntimeMaxSec={limit_s:.0f}"
    return [_RUN, "--quiet", "--collect", "--pipe", "--wait", limit, *options, "--", *argv]


def start(
    argv: Sequence[str], limit_s: float, environ: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """The program, running. Raises ProgramError when it cannot be."""
    apart = command(argv, limit_s, environ or {}, is_systemd=_IS_SYSTEMD.exists())
    try:
        return subprocess.Popen(  # noqa: S603 - a list of our own, no shell
            apart,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": _PATH, "LC_ALL": "C.UTF-8", "HOME": "/root", **(environ or {})},
            start_new_session=True,  # so that `kill` finds what it has started
        )
    except OSError as err:
        raise ProgramError(f"{apart[0]} cannot be run: {err.strerror}") from err


def run(argv: Sequence[str], limit_s: float) -> tuple[int, str, str]:
    """Exit status, output and complaints of a program. Raises ProgramError when it takes longer
    than `limit_s` seconds, or says more than 16 MB."""
    process = start(argv, limit_s)
    try:
        out, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired as late:
        raise ProgramError(f"{argv[0]} did not end within {limit_s:.0f} s") from late
    finally:
        if process.poll() is None:
            end(process)
    if len(out) > _MAX_BYTES:
        raise ProgramError(f"{argv[0]} said {len(out)} bytes, at most {_MAX_BYTES} are read")
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def kill(process: "subprocess.Popen[Any]") -> None:
    """End it, if it has not ended, with all that it has started: a child of it would hold our pipe,
    and be read from, for as long as it likes. It must lead a session of its own."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def end(process: "subprocess.Popen[Any]") -> None:
    """Kill it, and hear no more of it."""
    kill(process)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()
