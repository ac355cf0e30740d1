"""A pcscd of its own with vpcd's virtual reader, in a mount namespace: its socket has one place."""

import shutil
import socket
import subprocess
from pathlib import Path

from tests.peer.region import wait_until

PCSCD = Path("/usr/sbin/pcscd")
_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_APART = ("unshare", "--mount", "--propagation", "private")
_WAIT_S = 30.0
_INSIDE = (
    "mkdir -p /run/pcscd && mount -t tmpfs none /run/pcscd && exec /usr/sbin/pcscd -f -C -c {conf}"
)


def why_not() -> str:
    """Why it cannot run here; empty when it can."""
    if not PCSCD.exists() or not _DRIVER.exists() or shutil.which("unshare") is None:
        return "pcscd or vsmartcard-vpcd is not installed"
    mount = ["mount", "-t", "tmpfs", "none", "/run"]
    trial = subprocess.run([*_APART, *mount], capture_output=True, check=False)
    return "" if trial.returncode == 0 else "no mount namespaces here (they need root)"


class Pcscd:
    """Runs with, or without, a reader."""

    def __init__(self, folder: Path, *, has_reader: bool = True) -> None:
        conf = folder / "reader.conf.d"
        conf.mkdir(parents=True)
        if has_reader:
            (conf / "lab").write_text(_reader())
        self._process = subprocess.Popen(
            [*_APART, "sh", "-c", _INSIDE.format(conf=conf)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "pcscd")

    @property
    def socket(self) -> str:
        """Its socket, as it is seen from outside."""
        return f"/proc/{self._process.pid}/root/run/pcscd/pcscd.comm"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(_WAIT_S)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as trial:
            return trial.connect_ex(self.socket) == 0


def _reader() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return (
        'FRIENDLYNAME "Lab Reader"\n'
        f"DEVICENAME /dev/null:{port:#x}\nLIBPATH {_DRIVER}\nCHANNELID {port:#x}\n"
    )
