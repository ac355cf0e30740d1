"""Devices that say their version on a serial line and are flashed by a dialogue (line.py).

A hook adds how such a device says who it is; its quirks tell the rest:
    baud = 9600
    file_begins_hex = "1b5546"    what a firmware file for it begins with
    flash = [{send_hex = "..."}, {expect_hex = "06"}, {file = true, ...}, ...]
"""

from collections.abc import Callable, Mapping
from typing import Any

import hook
from hook import File, HookError, Request
from line import Line

#: What a device says of itself: vendor, model, version; "" for what it does not say.
Identify = Callable[[Line], Mapping[str, str]]


class Dialogue:
    """The states of such a hook; `baud` is what its devices are set to at the works."""

    def __init__(self, identify: Identify, baud: int) -> None:
        self._identify, self._baud = identify, baud

    def states(self) -> dict[str, hook.State]:
        """What `hook.serve` takes."""
        return {
            "inventory": self.inventory,
            "check": self.check,
            "prepare": self.prepare,
            "flash": self.flash,
            "verify": self.verify,
            "rollback": self.rollback,
            "cleanup": hook.nothing,
        }

    def inventory(self, request: Request) -> Mapping[str, Any]:
        """Every candidate that says who it is; of the others it is said why not."""
        devices, silent = [], []
        for one in request.candidates:
            try:
                said = self._ask(one)
            except HookError as err:
                silent.append(str(err))
                continue
            found = {"id": one["id"], "version": said["version"], "vendor": said["vendor"]}
            found["name"] = f"{said['vendor']} {said['model']}".strip() or one["node"]
            devices.append({**found, "is_updatable": bool(one.get("quirk", {}).get("flash"))})
        return {"devices": devices, "silent": silent}

    def check(self, request: Request) -> Mapping[str, Any]:
        """Whether the file is one for this device, and brings something. Nothing is written."""
        wanted, quirk = request.wanted(), request.quirk
        version = self._ask(request.device)["version"]
        begins = bytes.fromhex(quirk.get("file_begins_hex", ""))
        if not quirk.get("flash"):
            why = "quirks.toml tells no way to flash it"
            return {"applies": False, "from": version, "why": why}
        if not wanted.path.read_bytes().startswith(begins):
            raise HookError(f"{wanted.path.name} must begin with {begins.hex()} to be for it")
        return {"applies": version != wanted.version, "from": version, "to": wanted.version}

    def prepare(self, request: Request) -> Mapping[str, Any]:
        """Nothing to keep: the runner keeps both files until the cleanup."""
        return {"can_roll_back": request.previous is not None}

    def flash(self, request: Request) -> Mapping[str, Any]:
        """Lead the device through its dialogue."""
        self._write(request, request.wanted())
        return {}

    def verify(self, request: Request) -> Mapping[str, Any]:
        """What the device itself says that it runs."""
        return {"version": self._ask(request.device)["version"]}

    def rollback(self, request: Request) -> Mapping[str, Any]:
        """The same dialogue with the previous file, unless its version runs already."""
        if request.previous is None:
            raise HookError("there is no previous firmware to go back to")
        if self._runs(request) != request.previous.version:
            self._write(request, request.previous)
        return self.verify(request)

    def _runs(self, request: Request) -> str:
        """Its version; empty when it does not say, as in the midst of an update."""
        try:
            return self._ask(request.device)["version"]
        except HookError:
            return ""

    def _ask(self, device: Mapping[str, Any]) -> Mapping[str, str]:
        with self._line(device) as line:
            return self._identify(line)

    def _line(self, device: Mapping[str, Any]) -> Line:
        return Line(device["node"], int(device.get("quirk", {}).get("baud", self._baud)))

    def _write(self, request: Request, file: File) -> None:
        with self._line(request.device) as line:
            line.follow(request.quirk["flash"], file)
