"""A ModemManager with one make-believe modem, on a bus of its own: the real `mmcli` asks it."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PYTHON = "/usr/bin/python3"  # the system's: D-Bus and GLib belong to it
DBUS = "/usr/bin/dbus-daemon"
MMCLI = "/usr/bin/mmcli"
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/>
<allow own="*"/></policy></busconfig>
"""


class ModemManager:
    """Listens at `address`; `modem` is what modemside.py takes, None without a modem."""

    def __init__(self, folder: Path, modem: dict[str, Any] | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "bus.conf"
        config.write_text(_CONFIG.format(path=folder / "bus"))
        self.address = f"unix:path={folder / 'bus'}"
        self._modem = modem
        self._bus = _start([DBUS, f"--config-file={config}", "--nofork", "--print-address=1"])
        _hear(self._bus)
        self._manager = self._serve()

    def become(self, modem: dict[str, Any] | None) -> None:
        """The modem is so from now on, as after a restart of ModemManager."""
        self._modem = modem
        self._leave()
        self._manager = self._serve()

    def close(self) -> None:
        """Both end."""
        self._leave()
        self._bus.terminate()
        self._bus.communicate(timeout=20)

    def _leave(self) -> None:
        self._manager.communicate(timeout=20)  # it ends with its input

    def _serve(self) -> subprocess.Popen[str]:
        script = str(Path(__file__).parent / "modemside.py")
        served = _start([PYTHON, script, json.dumps(self._modem)], bus=self.address)
        assert _hear(served) == "ready"
        return served


def missing() -> str:
    """What is not installed here, empty when all is."""
    return " ".join(name for name in (DBUS, MMCLI) if not shutil.which(name))


def _start(command: Sequence[str], bus: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env={"PATH": "/usr/bin:/bin", "DBUS_SYSTEM_BUS_ADDRESS": bus},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _hear(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line, f"{program.args} has ended"
    return line.strip()
