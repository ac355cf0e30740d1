"""A simulated fleet as a process of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.peer.authority import Authority

_WAIT_S = 30.0


class Fleet:
    """`vigie-simulator run` for some kiosks, with its files in `folder`."""

    def __init__(self, folder: Path, authority: Authority, port: int, *kiosks: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log, self._status = folder / "fleet.log", folder / "status.json"
        self._list, self._pki, self._port = folder / "fleet.csv", authority.ca.parent, port
        self._list.write_text("kiosk,kind\n" + "".join(f"{name},pvp\n" for name in kiosks))
        for name in kiosks:
            authority.issue(name)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Start, and do not wait. Nothing breaks by itself unless asked to."""
        words = ("run", "--pki", self._pki, "--kiosks", self._list, "--faults", "none")
        where = ("--broker", f"localhost:{self._port}", "--status-file", self._status)
        command = [sys.executable, "-m", "simulator.cli", *map(str, (*words, *where)), *more]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log)

    def stop(self) -> int:
        """SIGTERM; answers the exit status."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(20)
        self._process = None
        return status

    def wait(self, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Until the status file says so; answers what it says."""
        limit = time.monotonic() + _WAIT_S
        while time.monotonic() < limit:
            if self._status.exists():
                census: dict[str, Any] = json.loads(self._status.read_bytes())
                if met(census):
                    return census
            time.sleep(0.05)
        raise AssertionError(f"not within {_WAIT_S} s; {self.log.read_text()}")

    def wait_end(self) -> int:
        """Until it ends by itself; answers the exit status."""
        assert self._process is not None
        status = self._process.wait(_WAIT_S)
        self._process = None
        return status
