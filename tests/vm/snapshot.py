"""A machine that has booted, saved while it had nothing to do: scenarios start from there."""

import hashlib
import inspect
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.vm import image, machine
from tests.vm.errors import MachineError
from tests.vm.image import Image
from tests.vm.machine import Machine

_BOOT_S = 300.0
#: Saved memory is all the smaller, and the disk as it would be after an orderly start.
_SETTLE = """
systemctl is-system-running --wait || true
udevadm settle
sync
echo 3 > /proc/sys/vm/drop_caches
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Disk and memory of one instant. Read only."""

    image: Image
    disk: Path
    state: Path


def snapshot() -> Snapshot:
    """The kept one, or a new one (less than a minute, plus what a new image takes)."""
    base = image.image()
    folder = base.disk.with_name(f"booted-{_recipe()}")
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(prefix="booting-", dir=folder.parent) as building:
            made = Path(building) / "made"
            _boot(base, made)
            made.rename(folder)
    return Snapshot(base, folder / "disk.qcow2", folder / "state")


def _recipe() -> str:
    """Changes with the machine's hardware, as with qemu itself."""
    text = machine.version() + inspect.getsource(Machine.command) + _SETTLE
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _boot(base: Image, folder: Path) -> None:
    folder.mkdir()
    disk = machine.layer(folder / "disk.qcow2", base.disk, "raw")
    with tempfile.TemporaryDirectory(prefix="vigie-vm-") as sockets:
        first = Machine(Path(sockets), base, disk)
        try:
            first.power_on()
            first.guest.wait(_BOOT_S)
            first.guest.run(_SETTLE, _BOOT_S)
            first.guest.close()
            first.save(folder / "state")
        except MachineError as err:
            raise MachineError(f"{err}\n{first.console[-3000:]}") from err
        finally:
            first.cut_power()


if __name__ == "__main__":
    print(snapshot().state)  # noqa: T201
