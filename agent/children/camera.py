"""Looks through a camera for a moment. The pictures never leave this process's memory.

    python -m agent.children.camera /dev/video0 8

The second argument is how many seconds it may take. Prints numbers only:
    {"measured": {"frames": 8, "changes": 7, "dark": 18, "bright": 201}, "format": "YUYV 640x480"}
or why not: {"error": 16} (an errno), {"error": 0} (streams in no way known here).
"""

import json
import sys
import time
from dataclasses import dataclass

import msgspec

from agent.children.frames import Stream, open_stream
from agent.probes import picture

#: Exposure settles meanwhile; a picture is judged after.
_WARM_UP_S = 1.0
_FRAMES = 8


@dataclass(frozen=True)
class Pace:
    """How long to look."""

    limit_s: float
    warm_up_s: float = _WARM_UP_S
    frames: int = _FRAMES


def main(path: str, limit_s: str) -> None:
    """Look, and say what was measured."""
    try:
        with open_stream(path) as stream:
            layout = stream.layout
            measured = picture.measure(gather(stream, Pace(float(limit_s))), layout)
    except NotImplementedError:
        print(json.dumps({"error": 0}))
    except OSError as err:
        print(json.dumps({"error": err.errno}))
    else:
        form = f"{layout.form} {layout.width}x{layout.height}"
        print(json.dumps({"measured": msgspec.to_builtins(measured), "format": form}))


def gather(stream: Stream, pace: Pace) -> list[bytes]:
    """The last frames that come: enough, once warm, or as many as the limit allows."""
    began = time.monotonic()
    frames: list[bytes] = []
    while (spent_s := time.monotonic() - began) < pace.limit_s:
        if spent_s >= pace.warm_up_s and len(frames) >= pace.frames:
            break
        frame = stream.next(pace.limit_s - spent_s)
        if frame:
            frames = [*frames[1 - pace.frames :], frame]
    return frames


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
