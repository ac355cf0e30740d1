"""A whole agent as a process of its own: it can be killed, and started again on the same folder."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.agents import KIOSK
from tests.peer.authority import Authority

_CONFIG = """
kiosk = "{kiosk}"
state_dir = "state"
[broker]
host = "127.0.0.1"
port = {port}
ca = "{pki}/ca.pem"
certificate = "{pki}/{kiosk}.pem"
key = "{pki}/{kiosk}.key"
keepalive_s = 5
will_delay_s = 0
[power]
method = "simulated"
"""


class Agent:
    """`vigie-agent run` in `folder`."""

    def __init__(self, folder: Path, authority: Authority, port: int, kiosk: str = KIOSK) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.kiosk = folder, kiosk
        self.config = folder / "agent.toml"
        self.log = folder / "agent.log"
        self._process: subprocess.Popen[bytes] | None = None
        authority.issue(kiosk)
        pki = authority.ca.parent
        self.config.write_text(_CONFIG.format(kiosk=kiosk, port=port, pki=pki))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def said(self) -> str:
        """What it logged, all its lives together."""
        return self.log.read_text() if self.log.exists() else ""

    def start(self) -> None:
        """Start, and do not wait."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "agent", "run", "--config", str(self.config)]
            self._process = subprocess.Popen(command, stderr=log)

    def outbox(self) -> dict[str, Any]:
        """`vigie-agent outbox --json`."""
        done = self._run("outbox", "--json")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def twin(self) -> subprocess.CompletedProcess[str]:
        """A second agent on the same folder, until it ends."""
        return self._run("run")

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; answers the exit status."""
        return self._end(signal.SIGTERM)

    def _run(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "agent", *args, "--config", str(self.config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        status = self._process.wait(20)
        self._process = None
        return status
