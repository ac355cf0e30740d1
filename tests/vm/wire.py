"""JSON lines over a Unix socket: how qemu (QMP) and the guest's own agent (QGA) are spoken to."""

import json
import socket
import time
from pathlib import Path
from typing import Any

from tests.vm.errors import MachineError

_STEP_S = 0.05


class Wire:
    """A connection to `path`, made once somebody listens there. Not for several threads."""

    def __init__(self, path: Path, within_s: float) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX)
        self._unread = b""
        limit = time.monotonic() + within_s
        while True:
            try:
                self._socket.connect(str(path))
            except OSError as err:
                if time.monotonic() > limit:
                    self._socket.close()
                    raise MachineError(f"{path}: {err}") from err
                time.sleep(_STEP_S)
            else:
                return

    def say(self, message: dict[str, Any], before: bytes = b"") -> None:
        """Send one line."""
        self._socket.settimeout(60)
        try:
            self._socket.sendall(before + json.dumps(message).encode() + b"\n")
        except OSError as err:
            raise MachineError(f"{self._path}: {err}") from err

    def hear(self, within_s: float) -> dict[str, Any]:
        """The next line. Raises MachineError when there is none in time, or the other side left."""
        limit = time.monotonic() + within_s
        while b"\n" not in self._unread:
            self._socket.settimeout(max(0.01, limit - time.monotonic()))
            try:
                received = self._socket.recv(65536)
            except OSError as err:
                raise MachineError(f"{self._path}: nothing within {within_s:g} s") from err
            if not received:
                raise MachineError(f"{self._path}: hung up")
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        # The guest's agent marks a fresh start with this byte, which is in no JSON text.
        found: dict[str, Any] = json.loads(line.rpartition(b"\xff")[2] or b"{}")
        return found

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
