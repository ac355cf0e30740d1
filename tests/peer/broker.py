"""A real mosquitto on loopback: mutual TLS 1.3, our ACL, and it can be killed and brought back."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.peer.authority import Authority, Credentials
from tests.peer.region import free_port, is_open

MOSQUITTO = "/usr/sbin/mosquitto"
CONTROLLER = "vigie-test"
_READY_S = 10.0

_CONFIG = """
listener {port} 127.0.0.1
cafile {ca}
certfile {certificate}
keyfile {key}
crlfile {crl}
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {folder}/acl
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes false
max_inflight_messages 1000
max_queued_messages 100000
set_tcp_nodelay true
log_dest file {folder}/mosquitto.log
"""

_ACL = f"""
user {CONTROLLER}
topic readwrite vigie/#

pattern write vigie/1/%u/presence
pattern write vigie/1/%u/inventory
pattern write vigie/1/%u/report
pattern write vigie/1/%u/outcome
pattern read vigie/1/%u/command
pattern read vigie/1/%u/ack
"""


class Broker:
    """One broker on one port of its own, which it keeps across restarts."""

    def __init__(
        self, folder: Path, authority: Authority, credentials: Credentials | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.authority = folder, authority
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        own = credentials or authority.issue("broker")
        text = _CONFIG.format(
            folder=folder,
            port=self.port,
            ca=authority.ca,
            crl=authority.crl,
            certificate=own.certificate,
            key=own.key,
        )
        # As root, mosquitto would become the user of that name and lose our temporary folder.
        (folder / "mosquitto.conf").write_text(f"user {_user()}\n{text}")
        (folder / "acl").write_text(_ACL)
        (folder / "acl").chmod(0o600)

    def start(self) -> None:
        """Start, and wait until it listens."""
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")])
        limit = time.monotonic() + _READY_S
        while not is_open(self.port):
            if self._process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError((self.folder / "mosquitto.log").read_text())
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9: what was not on disk is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A clean stop."""
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        """Read ACL and revocation list anew; it has begun to when this returns."""
        if self._process is None:
            return
        before = self._reloads()
        self._process.send_signal(signal.SIGHUP)
        limit = time.monotonic() + _READY_S
        while self._reloads() == before:
            if time.monotonic() > limit:
                raise RuntimeError((self.folder / "mosquitto.log").read_text())
            time.sleep(0.02)

    def _reloads(self) -> int:
        return (self.folder / "mosquitto.log").read_text().count("Reloading config")

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None


def is_installed() -> bool:
    """Whether there is a mosquitto to run."""
    return shutil.which(MOSQUITTO) is not None


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name
