"""What every hook has to do with the protocol (../../PROTOCOL.md): hear, say, answer.

    sys.exit(hook.serve({"inventory": inventory, "flash": flash, ...}))

Each state is a function of the Request that answers what goes into the result.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DONE, FAILED, GONE, LATER = 0, 1, 69, 75  # the last two as in sysexits(3)


class HookError(Exception):
    """Why a state cannot be done. `status` tells the runner what kind of no it is."""

    def __init__(self, text: str, status: int = FAILED) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class File:
    """A firmware file, checked by the runner, and the version that it is said to bring."""

    path: Path
    version: str


@dataclass(frozen=True)
class Request:
    """What the runner asks. `folder` is ours to write in, and kept until cleanup has ended.

    `expected` is the version that a verify should find.
    """

    folder: Path
    candidates: list[dict[str, Any]] = field(default_factory=list)
    device: dict[str, Any] = field(default_factory=dict)
    firmware: File | None = None
    previous: File | None = None
    expected: str = ""

    @property
    def quirk(self) -> dict[str, Any]:
        """How this device behaves, by quirks.toml."""
        return dict(self.device.get("quirk", {}))

    def wanted(self) -> File:
        """The firmware this is about. Raises HookError when there is none."""
        if self.firmware is None:
            raise HookError("firmware is missing, must be in the request")
        return self.firmware


State = Callable[[Request], Mapping[str, Any]]


def serve(states: Mapping[str, State]) -> int:
    """Run the state that argv[1] names; the exit status."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in states:
        return _end({"error": f"state is {name!r}, must be one of: {', '.join(states)}"}, FAILED)
    try:
        return _end(dict(states[name](read(sys.stdin.read()))), DONE)
    except HookError as err:
        return _end({"error": str(err)}, err.status)


def read(text: str) -> Request:
    """The request as it was sent. Raises HookError when it is none."""
    try:
        asked = json.loads(text)
        folder = Path(asked["folder"])
    except (ValueError, KeyError, TypeError) as err:
        raise HookError(
            f"the request is unreadable ({err}), must be as PROTOCOL.md has it"
        ) from err
    return Request(
        folder=folder,
        candidates=asked.get("candidates") or [],
        device=asked.get("device") or {},
        firmware=_file(asked.get("firmware")),
        previous=_file(asked.get("previous")),
        expected=asked.get("expected") or "",
    )


def progress(percent: float, step: str) -> None:
    """Say how far this state has come."""
    _say({"progress": round(percent), "step": step})


def run(command: Sequence[str], limit_s: float) -> "subprocess.CompletedProcess[str]":
    """A program's end, whatever its status. Raises HookError when it cannot start or end."""
    try:
        return subprocess.run(  # noqa: S603 - a list, no shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as err:
        raise HookError(f"{command[0]} did not end within {limit_s:g} s") from err
    except OSError as err:
        raise HookError(f"{command[0]} cannot be run: {err.strerror}") from err


def keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, on the disk when this returns."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def nothing(_request: Request) -> Mapping[str, Any]:
    """A state in which this hook has nothing to do."""
    return {}


def _file(told: Any) -> File | None:
    return File(Path(told["file"]), str(told["version"])) if told else None


def _end(result: Mapping[str, Any], status: int) -> int:
    _say({"result": result})
    return status


def _say(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
