"""Restarting the machine: the one act that cannot be tried out, so it is a port."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.config import Config, PowerMethod
from agent.errors import PowerError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NEW_ID = Path("/proc/sys/kernel/random/uuid")  # another one at each reading (random(4))
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SYSTEMCTL = Path("/usr/bin/systemctl")
_TIMEOUT_S = 30


class Power(Protocol):
    """How this machine restarts."""

    is_simulated: bool

    def boot_id(self) -> str:
        """Which start of the machine this is."""

    def reboot(self) -> None:
        """Ask for the restart and return; it follows within seconds. Raises PowerError."""


class SystemdPower:
    """The real thing."""

    is_simulated = False

    def __init__(self, systemctl: Path = SYSTEMCTL, boot_id: Path = BOOT_ID) -> None:
        self._systemctl, self._boot_id = systemctl, boot_id

    def boot_id(self) -> str:
        """The kernel's own id of this boot."""
        return self._boot_id.read_text().strip()

    def reboot(self) -> None:
        """`systemctl reboot`: services are stopped in order, disks synced."""
        import subprocess  # once in a boot: not worth its memory before

        try:
            done = subprocess.run(  # noqa: S603 - an absolute path, nothing from outside
                [str(self._systemctl), "reboot"],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as err:
            raise PowerError(f"{self._systemctl} reboot: {err}") from err
        if done.returncode != 0:
            said = done.stderr.strip() or f"exit status {done.returncode}"
            raise PowerError(f"{self._systemctl} reboot: {said[:300]}")


class SimulatedPower:
    """A demonstration: a made-up boot id in a file, and `restart` instead of a restart."""

    is_simulated = True

    def __init__(self, state_dir: Path, restart: Callable[[], None]) -> None:
        self._path = state_dir / "simulated-boot-id"
        self._restart = restart
        try:
            self._now = self._read() or self._renew()
        except OSError:  # a full or read-only disk: this life still has an id
            self._now = _new_id()

    def boot_id(self) -> str:
        """The made-up id of this made-up boot: it holds until the agent restarts."""
        return self._now

    def reboot(self) -> None:
        """The next start of the agent will find a new boot id."""
        try:
            self._renew()
        except OSError as err:
            raise PowerError(f"{self._path} cannot be written: {err.strerror}") from err
        self._restart()

    def _read(self) -> str | None:
        try:
            text = self._path.read_text().strip()
        except (OSError, ValueError):
            return None
        return text if _ID.fullmatch(text) else None

    def _renew(self) -> str:
        boot_id = _new_id()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(boot_id + "\n")
        fresh.replace(self._path)
        return boot_id


def power(config: Config, restart: Callable[[], None]) -> Power:
    """The port that the configuration asks for; `restart` serves the simulated one only."""
    if config.power is PowerMethod.SIMULATED:
        return SimulatedPower(config.state_dir, restart)
    return SystemdPower()


def _new_id() -> str:
    return _NEW_ID.read_text().strip()
