"""qemu's own monitor (QMP): plug devices in and out, reset, save."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.vm.errors import MachineError
from tests.vm.wire import Wire

_ANSWER_S = 60.0


class Monitor:
    """Orders to the emulator. Every event it tells of is kept in `events`, oldest first."""

    def __init__(self, path: Path, within_s: float) -> None:
        self._wire = Wire(path, within_s)
        self.events: list[str] = []
        self._wire.hear(_ANSWER_S)  # its greeting
        self.ask("qmp_capabilities")

    def ask(self, order: str, **arguments: Any) -> Any:
        """Do one thing; what came back. Raises MachineError when qemu refuses."""
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._wire.say({"execute": order, "arguments": names})
        while True:
            said = self._wire.hear(_ANSWER_S)
            if "error" in said:
                raise MachineError(f"qemu {order} {names}: {said['error']['desc']}")
            if "return" in said:
                return said["return"]
            self._note(said)

    def wait_for(self, event: str, within_s: float, meanwhile: Callable[[], object]) -> None:
        """Until qemu tells of `event` that it had not told before this call."""
        self.events.clear()
        meanwhile()
        limit = time.monotonic() + within_s
        while event not in self.events:
            self._note(self._wire.hear(max(0.01, limit - time.monotonic())))

    def plug(self, driver: str, name: str, **properties: Any) -> None:
        """Plug a device in."""
        self.ask("device_add", driver=driver, id=name, **properties)

    def unplug(self, name: str, within_s: float = 60.0) -> None:
        """Pull it out; it is gone when this returns."""
        self.wait_for("DEVICE_DELETED", within_s, lambda: self.ask("device_del", id=name))

    def close(self) -> None:
        """Hang up; the machine runs on."""
        self._wire.close()

    def _note(self, said: dict[str, Any]) -> None:
        if "event" in said:
            self.events.append(str(said["event"]))
