"""A USB device whose driver loads its firmware when it is given to it: files of a umockdev bed, and
the kernel's part: switched off and on again, it says in `bcdDevice` what it was loaded with."""

import threading
from pathlib import Path

import pytest

from agent.config import Peripheral
from tests.peer.firmware_hooks.peering import Firmware
from tests.unit.agent.probes.testbed import PRELOAD, Bed, why_not

_PATH = "/devices/pci0000:00/0000:00:14.0/usb1/1-3"
_DEVICE = f"""P: {_PATH}
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
A: authorized=1
A: bcdDevice=0101
A: idProduct=0001
A: idVendor=fff0
A: product=Lab reader
A: serial=L7
"""


class Peer:
    """See peering.Peer."""

    def __init__(self, folder: Path) -> None:
        if why_not():
            pytest.skip(why_not())
        self._bed = Bed(limit_s=900)
        self._bed.plug(_DEVICE, _PATH)
        self.sys = Path(self._bed.root) / "sys"
        self._device = self.sys / _PATH.lstrip("/")
        self._library = folder / "library"
        self._library.mkdir(parents=True)
        search = self.sys / "module/firmware_class/parameters/path"
        search.parent.mkdir(parents=True)
        search.write_text(f"{self._library}\n")
        self.environ = {"LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": self._bed.root}
        self.quirks = """
["fff0:0001"]
name = "Lab reader"
file = "lab/reader.fw"
attribute = "bcdDevice"
off_s = 0.1
settle_s = 0.5
"""
        self.peripherals: tuple[Peripheral, ...] = ()
        self.match = {"usb_id": "fff0:0001"}
        self.old = Firmware("reader-0101.fw", b"0101", "0101")
        self.new = Firmware("reader-0102.fw", b"0102", "0102")
        self.wrong = Firmware("reader-0200.fw", b"01ff", "0200")
        self._is_closing = threading.Event()
        self._kernel = threading.Thread(target=self._serve, daemon=True)
        self.reset()
        self._kernel.start()

    def version(self) -> str:
        return (self._device / "bcdDevice").read_text().strip()

    def reset(self) -> None:
        place = self._library / "lab/reader.fw"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(self.old.content)
        (self._device / "authorized").write_text("1")
        (self._device / "bcdDevice").write_text("0101\n")

    def close(self) -> None:
        self._is_closing.set()
        self._kernel.join()
        self._bed.close()

    def _serve(self) -> None:
        was_off = False
        while not self._is_closing.wait(0.005):
            is_off = (self._device / "authorized").read_text().strip() == "0"
            if was_off and not is_off:
                content = (self._library / "lab/reader.fw").read_text()
                (self._device / "bcdDevice").write_text(f"{content}\n")
            was_off = is_off
