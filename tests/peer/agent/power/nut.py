"""Network UPS Tools with a UPS made of a file: upsd and its driver dummy-ups."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.peer.region import free_port, wait_until

#: Not /usr/sbin/upsd: Debian's is a script that asks /etc/nut/nut.conf for leave.
UPSD, DRIVER = Path("/lib/nut/upsd"), Path("/lib/nut/dummy-ups")
UPS = "lab"
_WAIT_S = 30.0
_DEVICE = """ups.mfr: Lab
ups.model: Line 600
ups.serial: 42
ups.status: OL CHRG
battery.charge: 100
battery.runtime: 1800
ups.load: 20
input.voltage: 230.0
"""
_USERS = "[lab]\n password = lab\n actions = SET\n instcmds = ALL\n"


def why_not() -> str:
    """Why it cannot run here; empty when it can."""
    if not UPSD.exists() or not DRIVER.exists() or shutil.which("upsrw") is None:
        return "nut-server or nut-client is not installed"
    return "" if os.geteuid() == 0 else "upsd needs root to become the user it runs as"


class Nut:
    """Runs from its creation on, with the UPS `lab` on mains and its battery full."""

    def __init__(self) -> None:
        # Not pytest's folder: a Unix socket's path may have 107 letters.
        self._folder = tempfile.mkdtemp(prefix="nut")
        self.port = free_port()
        conf = Path(self._folder)
        files = {
            "ups.conf": f"[{UPS}]\n driver = dummy-ups\n port = lab.dev\n mode = dummy-once\n",
            "lab.dev": _DEVICE,
            "upsd.conf": f"LISTEN 127.0.0.1 {self.port}\nMAXAGE 3\n",
            "upsd.users": _USERS,
        }
        for name, text in files.items():
            (conf / name).write_text(text)
        self._environ = {
            **os.environ,
            "NUT_CONFPATH": self._folder,
            "NUT_STATEPATH": self._folder,
            "NUT_ALTPIDPATH": self._folder,
        }
        self.driver = self._start(DRIVER, "-a", UPS, "-u", "root", "-F")
        wait_until(lambda: (conf / f"dummy-ups-{UPS}").exists(), "the driver's socket")
        self._upsd = self._start(UPSD, "-u", "root", "-F", "-P", self._folder)
        # Until its driver has read the file, a UPS is there and says WAIT.
        wait_until(lambda: "OL" in self._ask("upsc", self._ups, "ups.status"), "UPS on mains")

    def set(self, name: str, value: str) -> None:
        """Give a variable another value, as when the UPS itself changes."""
        told = ("-s", f"{name}={value}", "-u", "lab", "-p", "lab", self._ups)
        assert "OK" in self._ask("upsrw", *told)

    def stop_upsd(self) -> None:
        """End the service."""
        self._end(self._upsd)

    def close(self) -> None:
        """End both."""
        self._end(self._upsd)
        self.driver.send_signal(signal.SIGCONT)
        self._end(self.driver)
        shutil.rmtree(self._folder)

    @property
    def _ups(self) -> str:
        return f"{UPS}@127.0.0.1:{self.port}"

    def _start(self, program: Path, *arguments: str) -> "subprocess.Popen[bytes]":
        null = subprocess.DEVNULL
        return subprocess.Popen(
            [str(program), *arguments], env=self._environ, stdin=null, stdout=null, stderr=null
        )

    def _ask(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=_WAIT_S,
            check=False,
        )
        return done.stdout + done.stderr

    @staticmethod
    def _end(process: "subprocess.Popen[bytes]") -> None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
