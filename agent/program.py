"""Runs a program for a probe: within a time limit, and with an answer of bounded size.

Rare, heavy or unreliable work (IPP, scanning, looking at a picture) is done by a short-lived
process: it gives all its memory back, and when it hangs it is ended.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from agent.errors import ProgramError

_MAX_BYTES = 256 * 1024
#: Answers are parsed: they must not change with the kiosk's language.
_ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


#: Programs of our own, each a file.
_CHILDREN = Path(__file__).parent / "children"


class Done(Struct, frozen=True):
    """How a program ended."""

    status: int
    out: str
    err: str


def run(
    command: Sequence[str],
    timeout_s: float,
    *,
    said: str = "",
    environ: Mapping[str, str] | None = None,
) -> Done:
    """Run `command` (an absolute path and its arguments), tell it `said`, and wait.

    Raises ProgramError when it is not installed or not done within `timeout_s` seconds: it is
    ended then.
    """
    import subprocess  # rare: a kiosk without such peripherals never imports it

    try:
        done = subprocess.run(  # noqa: S603 - a list of our own, no shell
            command,
            input=said,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            env={**_ENVIRON, **(environ or {})},
        )
    except subprocess.TimeoutExpired as err:
        raise ProgramError(f"{command[0]} did not answer within {timeout_s:g} s") from err
    except OSError as err:
        raise ProgramError(f"{command[0]} cannot be run: {err.strerror}") from err
    return Done(done.returncode, done.stdout[:_MAX_BYTES], done.stderr[:_MAX_BYTES])


def child(
    name: str, *arguments: str, timeout_s: float, environ: Mapping[str, str] | None = None
) -> Done:
    """Run `agent/children/<name>.py` on this very Python, apart from all that is installed beside.

    Raises ProgramError as `run` does.
    """
    command = [sys.executable, "-I", str(_CHILDREN / f"{name}.py"), *arguments]
    return run(command, timeout_s, environ=environ)
