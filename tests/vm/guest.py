"""Inside the machine: its own agent (qemu-guest-agent) runs what we ask, as root."""

import base64
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.vm.errors import MachineError
from tests.vm.wire import Wire

#: An emulated processor is 10 to 30 times slower than the real one, and shares the real one.
PATIENCE_S = 120.0
_STEP_S = 0.1
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """How a program inside ended."""

    status: int
    out: str
    err: str


class Guest:
    """Talks to the machine from within, across its restarts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wire: Wire | None = None

    def wait(self, within_s: float = PATIENCE_S) -> None:
        """Until it answers. To be called after each start, restore and restart."""
        self.close()
        self._wire = Wire(self._path, within_s)
        limit = time.monotonic() + within_s
        token = 0
        while time.monotonic() < limit:
            # What was asked of an earlier life may still be answered: only this token is ours.
            token += 1
            self._wire.say(
                {"execute": "guest-sync-delimited", "arguments": {"id": token}}, before=b"\xff"
            )
            try:
                while self._wire.hear(2.0).get("return") != token:
                    pass
            except MachineError:
                continue
            return
        raise MachineError(f"the machine does not answer within {within_s:g} s")

    def ask(self, order: str, **arguments: Any) -> Any:
        """One order to the guest's agent. Raises MachineError when it refuses."""
        assert self._wire is not None, "wait() first"
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._wire.say({"execute": order, "arguments": names})
        said = self._wire.hear(PATIENCE_S)
        if "error" in said:
            raise MachineError(f"{order}: {said['error']['desc']}")
        return said.get("return")

    def try_run(self, script: str, within_s: float = PATIENCE_S) -> Done:
        """Run a shell script to its end, whatever it is."""
        began = self.ask("guest-exec", path="/bin/sh", arg=["-c", script], capture_output=True)
        limit = time.monotonic() + within_s
        while not (state := self.ask("guest-exec-status", pid=began["pid"]))["exited"]:
            if time.monotonic() > limit:
                raise MachineError(f"not done within {within_s:g} s: {script}")
            time.sleep(_STEP_S)
        status = state.get("exitcode", -state.get("signal", 0))
        return Done(status, _text(state.get("out-data")), _text(state.get("err-data")))

    def run(self, script: str, within_s: float = PATIENCE_S) -> str:
        """Run a shell script that succeeds; what it printed."""
        done = self.try_run(f"set -e\n{script}", within_s)
        if done.status != 0:
            raise MachineError(f"{script!r} ended {done.status}: {done.err or done.out}")
        return done.out

    def begin(self, script: str) -> None:
        """Start a shell script and leave it running."""
        self.ask("guest-exec", path="/bin/sh", arg=["-c", script])

    def write(self, path: str, content: bytes) -> None:
        """A file inside."""
        handle = self.ask("guest-file-open", path=path, mode="w")
        for start in range(0, len(content), _CHUNK_BYTES):
            chunk = base64.b64encode(content[start : start + _CHUNK_BYTES]).decode()
            self.ask("guest-file-write", handle=handle, buf_b64=chunk)
        self.ask("guest-file-close", handle=handle)

    def read(self, path: str) -> str:
        """A small file's text, /proc included."""
        return self.run(f"cat {path}")

    def boot_id(self) -> str:
        """Which boot this is."""
        return self.read("/proc/sys/kernel/random/boot_id").strip()

    def set_clock(self) -> None:
        """To the host's hour: a restored machine believes that no time has passed."""
        self.ask("guest-set-time", time=time.time_ns())

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def _text(encoded: str | None) -> str:
    return base64.b64decode(encoded).decode(errors="replace") if encoded else ""
