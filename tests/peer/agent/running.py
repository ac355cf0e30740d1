"""A whole agent as a process of its own: it can be killed, and started again on the same folder."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.agents import KIOSK
from tests.peer.authority import Authority

WAIT_S = 30.0

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
        pki = self._pki = authority.ca.parent
        self.config.write_text(_CONFIG.format(kiosk=kiosk, port=port, pki=pki))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def certificate(self) -> Path:
        """The kiosk's own."""
        return self._pki / f"{self.kiosk}.pem"

    @property
    def said(self) -> str:
        """What it logged, all its lives together."""
        return self.log.read_text() if self.log.exists() else ""

    def configure(self, key: str, value: str) -> None:
        """Give one key of agent.toml another value."""
        text = self.config.read_text()
        self.config.write_text(re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text))

    def wait_for(self, text: str) -> None:
        """Until it logged `text`."""
        self._wait(lambda: text in self.said, f"{text!r} in its log")

    def wait_attempts(self, count: int) -> None:
        """Until it tried to connect so often (it says each attempt at level debug)."""
        self._wait(lambda: self.said.count("connecting to") >= count, f"{count} attempts")

    def start(self) -> None:
        """Start, and do not wait."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "agent", "run", "--log-level", "debug"]
            self._process = subprocess.Popen([*command, "--config", str(self.config)], stderr=log)

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

    def _wait(self, met: Callable[[], bool], what: str) -> None:
        limit = time.monotonic() + WAIT_S
        while not met():
            if time.monotonic() > limit:
                raise AssertionError(f"no {what} within {WAIT_S} s:\n{self.said}")
            time.sleep(0.05)

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
