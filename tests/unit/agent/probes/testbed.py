"""Hardware made of files: a umockdev bed, and the agent's eyes looking at it."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec

from agent.config import Peripheral
from contract.health import DeviceState

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[3]
PRELOAD = "libumockdev-preload.so.0"
FIXTURES = REPOSITORY / "tests" / "fixtures" / "udev"
LIMIT_S = 60.0
USB = "/devices/pci0000:00/0000:00:14.0/usb1"


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    found = list(Path("/usr/lib").glob(f"*/{PRELOAD}"))
    return "" if found else "umockdev is not installed"


class Child:
    """A Python program of ours that is told and answers in lines."""

    def __init__(
        self, script: str, *arguments: str, limit_s: float = LIMIT_S, **environ: str
    ) -> None:
        environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "LD_PRELOAD": PRELOAD, **environ}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / script), *arguments],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # A child that does not answer is ended, and the test with it.
        self._limit = threading.Timer(limit_s, self.process.kill)
        self._limit.daemon = True
        self._limit.start()

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the child has ended"
        return line.strip()

    def close(self) -> None:
        self.process.communicate(timeout=10)
        self._limit.cancel()


class Bed(Child):
    """The make-believe hardware."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        super().__init__("bed.py", limit_s=limit_s)
        self.root = self.hear()

    def plug(self, description: str, node: str) -> None:
        """Devices in umockdev's format; `node` is the path of the one that is announced."""
        self._order(add=description, announce=f"/sys{node}")

    def pull_camera(self, port: str, number: int) -> None:
        """Pull the plug of a camera."""
        nodes = [f"/sys{camera_path(port, each)}" for each in (number, number + 1)]
        self._order(remove=[*nodes, f"/sys{USB}/{port}"], announce=nodes[0])

    def plug_recorded(self, name: str) -> list[str]:
        """Plug in what tests/fixtures/udev has under this name; answers its paths, top first."""
        description = (FIXTURES / f"{name}.umockdev").read_text()
        paths = [line[3:] for line in description.splitlines() if line.startswith("P: ")]
        self.plug(description, paths[-1])
        return [f"/sys{path}" for path in paths]

    def pull(self, paths: list[str]) -> None:
        """Take away a device with all that hangs below it: paths, top first."""
        self._order(remove=paths[::-1], announce=paths[-1])

    def _order(self, **order: str | list[str]) -> None:
        self.say(json.dumps(order))
        assert self.hear() == "done"


class Watch(Child):
    """The agent's eyes on a bed."""

    def __init__(self, bed: Bed, source: str, declared: list[dict[str, Any]]) -> None:
        super().__init__("watch.py", source, json.dumps(declared), UMOCKDEV_DIR=bed.root)
        self.news: list[dict[str, Any]] = []  # of cameras, all that was ever said

    def until_seen(self, **healths: str) -> None:
        """Wait for a run of the camera probe that finds exactly these."""
        while self._next().get("seen") != healths:
            pass

    def until_said(self, device: str, health: str) -> dict[str, Any]:
        """Wait for the news that a device is in this state, and answer it."""
        while True:
            for state in self._next().get("news", []):
                if (state["id"], state["health"]) == (device, health):
                    return dict(state)

    def until_removed(self, device: str) -> None:
        """Wait for the news that a device is no more."""
        while device not in self._next().get("removed", []):
            pass

    def said_of(self, device: str) -> list[str]:
        """The healths of a device in the order they were said."""
        return [state["health"] for state in self.news if state["id"] == device]

    def _next(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.hear())
        self.news += said.get("news", [])
        return said


class Glance(Child):
    """One probe on a bed, run whenever it is asked."""

    def __init__(self, bed: Bed, kind: str, declared: list[Peripheral], folder: Path) -> None:
        items = msgspec.json.encode(declared).decode()
        super().__init__("glance.py", kind, items, str(folder), UMOCKDEV_DIR=bed.root)

    def look(self, how: str = "look") -> dict[str, DeviceState]:
        """What it finds now, by id. `how` may also be "deep" or "session"."""
        self.say(how)
        states = msgspec.json.decode(self.hear(), type=tuple[DeviceState, ...])
        return {state.id: state for state in states}


def camera_path(port: str, number: int) -> str:
    return f"{USB}/{port}/{port}:1.0/video4linux/video{number}"


def camera(port: str, number: int, serial: str, usb_id: str = "046d:0825") -> str:
    """A UVC camera: a USB device with a node that captures and one for its metadata."""
    vendor, product = usb_id.split(":")
    return f"""P: {USB}/{port}
E: SUBSYSTEM=usb
E: DEVTYPE=usb_device
A: idVendor={vendor}
A: idProduct={product}
A: serial={serial}
A: product=HD Webcam C270

P: {camera_path(port, number)}
N: video{number}
E: DEVNAME=/dev/video{number}
E: SUBSYSTEM=video4linux
E: ID_V4L_CAPABILITIES=:capture:
A: index=0
A: name=HD Webcam

P: {camera_path(port, number + 1)}
N: video{number + 1}
E: DEVNAME=/dev/video{number + 1}
E: SUBSYSTEM=video4linux
E: ID_V4L_CAPABILITIES=:
A: index=1
A: name=HD Webcam
"""
