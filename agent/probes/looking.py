"""A moment's look through a camera, by a child: it hangs alone, and takes the frames with it."""

import errno
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from agent import program
from agent.errors import ProgramError
from agent.probes.picture import Measured

_ROOT = Path(__file__).parents[2]
#: What starting a program may take on a busy kiosk, beside the look itself.
START_S = 4.0


class Look(Struct, frozen=True):
    """What was measured; or the errno (0: no known way to stream); neither: it hung or broke."""

    measured: Measured | None = None
    form: str = ""
    error: int | None = None
    trouble: str = ""

    @property
    def is_busy(self) -> bool:
        """Whether somebody else streams."""
        return self.error == errno.EBUSY


def look(path: str, limit_s: float) -> Look:
    """Look through the camera at `path` for at most `limit_s` seconds."""
    command = [sys.executable, "-sP", "-m", "agent.children.camera", path, str(limit_s)]
    try:
        done = program.run(command, limit_s + START_S, environ={"PYTHONPATH": str(_ROOT)})
    except ProgramError as err:
        return Look(trouble=str(err))
    return parse(done.out) or Look(trouble=done.err.strip()[-200:] or f"status {done.status}")


def parse(said: str) -> Look | None:
    """Of what agent/children/camera.py prints; None when it is not that.

    >>> parse('{"error": 16}').is_busy, parse('')
    (True, None)
    """
    try:
        answer = msgspec.json.decode(said)
        if "error" in answer:
            return Look(error=int(answer["error"]))
        measured = msgspec.convert(answer["measured"], Measured)
        return Look(measured, str(answer["format"]))
    except (ValueError, KeyError, TypeError):
        return None
