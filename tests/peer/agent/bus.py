"""A D-Bus of its own, which anybody may use: what wants the system's bus is told of this one."""

import shutil
import subprocess
from pathlib import Path

DBUS = "/usr/bin/dbus-daemon"
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/>
<allow own="*"/></policy></busconfig>
"""


class Bus:
    """Listens from its creation on; `environ` is what programs are to be told."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "bus.conf"
        config.write_text(_CONFIG.format(path=folder / "bus"))
        self.address = f"unix:path={folder / 'bus'}"
        self.environ = {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        self._process = subprocess.Popen(
            [DBUS, f"--config-file={config}", "--nofork", "--print-address=1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "dbus-daemon has ended"

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate(timeout=20)


def is_installed() -> bool:
    """Whether there is one to run."""
    return shutil.which(DBUS) is not None
