"""SANE's own `test` scanner, here or behind a saned: a scanner that fails on demand."""

import random
import re
import socket
import subprocess
from pathlib import Path

from tests.peer.region import wait_until

SANED = Path("/usr/sbin/saned")
DRIVERS = Path("/etc/sane.d")
_PORT = 6566  # the net driver knows no other
_WAIT_S = 30.0


def scanner(folder: Path, status: str = "Default") -> Path:
    """Settings in `folder` by which the test scanner answers each reading with a SANE_Status."""
    folder.mkdir(parents=True, exist_ok=True)
    packaged = (DRIVERS / "test.conf").read_text()
    said = re.sub(r"(?m)^read-status-code .*$", f'read-status-code "{status}"', packaged)
    (folder / "test.conf").write_text(said)
    (folder / "dll.conf").write_text("test\n")
    (folder / "dll.d").mkdir(exist_ok=True)
    return folder


class Saned:
    """Shares the test scanner on a loopback address that no other test run has."""

    def __init__(self, folder: Path) -> None:
        self.address = f"127.{random.randint(2, 254)}.{random.randint(1, 254)}.7"  # noqa: S311
        command = [SANED, "-l", "-b", self.address, "-p", str(_PORT)]
        self._process = subprocess.Popen(
            command,
            env={"SANE_CONFIG_DIR": str(scanner(folder)), "PATH": "/usr/bin"},
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "saned")

    @property
    def device(self) -> str:
        """What the scanner is called here."""
        return f"net:{self.address}:test:0"

    def stop(self) -> None:
        """Switch it off."""
        self._process.terminate()
        self._process.wait(_WAIT_S)

    def _answers(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex((self.address, _PORT)) == 0
