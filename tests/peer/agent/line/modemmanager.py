"""A ModemManager with one make-believe modem, on a bus of its own: the real `mmcli` asks it."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.peer.agent import bus
from tests.peer.agent.bus import Bus

PYTHON = "/usr/bin/python3"  # the system's: D-Bus and GLib belong to it
MMCLI = "/usr/bin/mmcli"


class ModemManager:
    """Listens at `address`; `modem` is what modemside.py takes, None without a modem."""

    def __init__(self, folder: Path, modem: dict[str, Any] | None) -> None:
        self._bus = Bus(folder)
        self.address = self._bus.address
        self._modem = modem
        self._manager = self._serve()

    def become(self, modem: dict[str, Any] | None) -> None:
        """The modem is so from now on, as after a restart of ModemManager."""
        self._modem = modem
        self._leave()
        self._manager = self._serve()

    def close(self) -> None:
        """Both end."""
        self._leave()
        self._bus.close()

    def _leave(self) -> None:
        self._manager.communicate(timeout=20)  # it ends with its input

    def _serve(self) -> subprocess.Popen[str]:
        script = str(Path(__file__).parent / "modemside.py")
        served = _start([PYTHON, script, json.dumps(self._modem)], self._bus)
        assert _hear(served) == "ready"
        return served


def missing() -> str:
    """What is not installed here, empty when all is."""
    return " ".join(name for name in (bus.DBUS, MMCLI) if not shutil.which(name))


def _start(command: Sequence[str], told: Bus) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env={"PATH": "/usr/bin:/bin", **told.environ},
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
