"""The emulated machine itself: power on, cut, reset; a disk that is thrown away after use."""

import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.vm.errors import MachineError
from tests.vm.guest import Guest
from tests.vm.image import Image
from tests.vm.monitor import Monitor

QEMU = "/usr/bin/qemu-system-x86_64"
_QEMU_IMG = "/usr/bin/qemu-img"
#: Where the machine finds the controller: the name is in its /etc/hosts, and in the certificates
#: of tests.peer.authority.
CONTROLLER, PORT = "10.0.2.100", 8883
_KERNEL_LINE = "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet fsck.repair=yes"
_START_S = 60.0
_RELAY = Path(__file__).with_name("relay.py")


class Machine:
    """One kiosk's hardware. `folder` (a short path: it holds sockets) is its own."""

    def __init__(self, folder: Path, image: Image, disk: Path, controller_port: int = 1) -> None:
        """`disk` is its qcow2; on the host's loopback the controller listens on that port."""
        self.folder, self._image, self._disk = folder, image, disk
        self._controller_port = controller_port
        self._process: subprocess.Popen[bytes] | None = None
        self._monitor: Monitor | None = None
        self.guest = Guest(folder / "guest.sock")

    @property
    def monitor(self) -> Monitor:
        """Of the running machine."""
        assert self._monitor is not None, "power it on first"
        return self._monitor

    @property
    def console(self) -> str:
        """All that its kernel printed since it was last powered on."""
        path = self.folder / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def power_on(self, state: Path | None = None) -> None:
        """Cold, or as `state` was saved. The monitor listens when this returns."""
        assert self._process is None, "it runs already"
        command = self.command(state)
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            self._monitor = Monitor(self.folder / "monitor.sock", _START_S)
        except MachineError as err:
            self.cut_power()
            said = (self.folder / "qemu.log").read_text()
            raise MachineError(f"{QEMU} did not start: {said}") from err
        if state is not None:
            self._resume()

    def cut_power(self) -> None:
        """What is not on its disk is gone."""
        self.guest.close()
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def save(self, state: Path) -> None:
        """Stand still, and write memory and devices to `state`; the disk stays as it is."""
        self.monitor.ask("stop")
        self.monitor.ask("migrate-set-parameters", max_bandwidth=1 << 40)
        self.monitor.ask("migrate", uri=f"exec:cat > {state}")
        while (now := self.monitor.ask("query-migrate"))["status"] not in ("completed", "failed"):
            with suppress(MachineError):
                self.monitor.wait_for("MIGRATION", 0.2, lambda: None)
        if now["status"] == "failed":
            raise MachineError(f"the machine's state was not saved: {now}")
        with suppress(MachineError):
            self.monitor.wait_for("SHUTDOWN", _START_S, lambda: self.monitor.ask("quit"))
        self.cut_power()

    def _resume(self) -> None:
        """It was saved standing still. A `cont` before all of it is there would be forgotten."""
        limit = time.monotonic() + _START_S
        while self.monitor.ask("query-status")["status"] == "inmigrate":
            if time.monotonic() > limit:
                raise MachineError(f"the machine's state was not restored within {_START_S:g} s")
            time.sleep(0.05)
        self.monitor.ask("cont")

    def command(self, state: Path | None) -> Sequence[str]:
        """How qemu is called: the machine's hardware. A saved state fits one hardware only."""
        relay = f"{sys.executable} {_RELAY} {self._controller_port}"
        options = {
            "-accel": "tcg,thread=multi",
            "-machine": "pc",
            "-smp": "2",
            "-m": "512",
            "-kernel": str(self._image.kernel),
            "-initrd": str(self._image.initrd),
            "-append": _KERNEL_LINE,
            "-display": "none",
            "-serial": f"file:{self.folder / 'console.log'}",
            "-qmp": f"unix:{self.folder / 'monitor.sock'},server=on,wait=off",
            "-action": "watchdog=reset",
            "-audiodev": "none,id=silence",
            # Nothing but the controller's port can be reached from within.
            "-netdev": f"user,id=lan,restrict=on,guestfwd=tcp:{CONTROLLER}:{PORT}-cmd:{relay}",
            "-chardev": f"socket,id=ear,path={self.folder / 'guest.sock'},server=on,wait=off",
            "-drive": f"if=none,id=root,file={self._disk},format=qcow2,cache=writeback",
        }
        devices = (
            "virtio-blk-pci,drive=root",
            "virtio-net-pci,netdev=lan,id=nic",
            "virtio-rng-pci",
            "virtio-gpu-pci",
            "virtio-serial-pci",
            "virtserialport,chardev=ear,name=org.qemu.guest_agent.0",
            "qemu-xhci,id=usb",
            "i6300esb",
        )
        line = ["/usr/bin/nice", "-n", "5", "setpriv", "--pdeathsig", "KILL", QEMU, "-nodefaults"]
        line += [word for option in options.items() for word in option]
        line += [word for device in devices for word in ("-device", device)]
        return line if state is None else [*line, "-incoming", f"exec:cat {state}"]


def layer(path: Path, below: Path, form: str) -> Path:
    """A disk at `path` that holds only what is written from now on; `below` is left alone."""
    subprocess.run(
        [_QEMU_IMG, "create", "-q", "-f", "qcow2", "-b", str(below), "-F", form, str(path)],
        check=True,
        timeout=60,
    )
    return path


def version() -> str:
    """Of qemu: another one may not understand a saved state."""
    done = subprocess.run([QEMU, "--version"], capture_output=True, check=True, timeout=60)
    return done.stdout.decode()
