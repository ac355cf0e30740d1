"""What this kiosk says: the contract's messages, with its time, boot id and version filled in."""

import hashlib
import os
import socket
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import UNSET, UnsetType

from agent.clock import Clock
from agent.config import BUILT_IN, Config
from agent.spool import Build
from contract import RELEASE
from contract.commands import CommandState
from contract.health import DeviceState, Verdict
from contract.messages import (
    Declared,
    Event,
    Firmware,
    Inventory,
    Outcome,
    Piece,
    Presence,
    Report,
    Scalar,
)

_MAX_DEVICES = 64
_MAX_REASON = 500
#: Where a machine's model is written: PCs, then boards with a device tree.
_MODELS = (Path("/sys/class/dmi/id/product_name"), Path("/proc/device-tree/model"))
_MACHINE_ID = Path("/etc/machine-id")
_OS_RELEASE = Path("/etc/os-release")


class Voice:
    """Builds messages; sends nothing."""

    def __init__(self, config: Config, clock: Clock, boot_id: str) -> None:
        self._config, self._clock, self.boot_id = config, clock, boot_id

    def presence(self, session: str, is_online: bool, reason: str) -> Presence:
        """The birth, the farewell or the last will of one connection."""
        at = self._clock.utc()
        return Presence(session, is_online, at, self.boot_id, RELEASE, reason)

    def inventory(self, facts: dict[str, Scalar], firmware: tuple[Firmware, ...] = ()) -> Inventory:
        """What this kiosk is made of and meant to have."""
        built_in = tuple(Declared(name, name, is_required=True) for name in BUILT_IN)
        declared = tuple(
            Declared(device.id, device.kind, device.is_required)
            for device in self._config.peripherals
        )
        return Inventory(
            self._clock.utc(), self.boot_id, RELEASE, facts, built_in + declared, firmware
        )

    def report(
        self,
        devices: Iterable[DeviceState],
        verdict: Verdict,
        *,
        is_full: bool,
        removed: tuple[str, ...] = (),
        events: tuple[Event, ...] = (),
    ) -> Build:
        """Devices as measured now, and what happened to them."""
        at, is_trusted = self._clock.utc(), self._clock.is_trusted()
        kept = tuple(devices)[:_MAX_DEVICES]
        return lambda epoch, seq: Report(
            epoch=epoch,
            seq=seq,
            at=at,
            clock_trusted=is_trusted,
            boot_id=self.boot_id,
            is_full=is_full,
            devices=kept,
            removed=removed[:_MAX_DEVICES],
            verdict=verdict,
            events=events,
        )

    def outcome(
        self,
        command: str,
        state: CommandState,
        reason: str = "",
        result: Mapping[str, Any] | None = None,
        at: datetime | None = None,
        piece: Piece | UnsetType = UNSET,
    ) -> Build:
        """How far a command has come."""
        when, is_trusted = at or self._clock.utc(), self._clock.is_trusted()
        return lambda epoch, seq: Outcome(
            epoch=epoch,
            seq=seq,
            at=when,
            clock_trusted=is_trusted,
            boot_id=self.boot_id,
            command=command,
            state=state,
            reason=reason[:_MAX_REASON],
            result=dict(result or {}),
            piece=piece,
        )


def machine_facts(config: Config) -> dict[str, Scalar]:
    """What is known of the machine itself. `machine` tells a cloned disk's two homes apart."""
    machine = os.uname()
    return {
        "hostname": socket.gethostname(),
        "os": parse_os_release(_text(_OS_RELEASE)),
        "kernel": machine.release,
        "architecture": machine.machine,
        "model": next((text for path in _MODELS if (text := _read(path))), "unknown"),
        "machine": _machine(),
        "power": str(config.power),
    }


def _machine() -> str:
    # machine-id(5) asks not to show the id itself: a hash of our own stands for it.
    return hashlib.sha256(b"vigie:" + _read(_MACHINE_ID).encode()).hexdigest()[:16]


def parse_os_release(text: str) -> str:
    """The system's name (os-release(5)); `unknown` when it is not there.

    >>> parse_os_release('ID=debian\\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\\n')
    'Debian GNU/Linux 12 (bookworm)'
    """
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip().strip("\"'")
    return "unknown"


def _read(path: Path) -> str:
    return _text(path).strip().strip("\0")[:200]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
