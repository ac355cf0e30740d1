"""A receipt printer that says who it is by GS I, and takes firmware by a dialogue of its own.

Its update mode is left by silence: it then prints nothing, answers nothing, and waits for firmware.
"""

from pathlib import Path

from agent.config import Match, Peripheral
from tests.peer.firmware_hooks.peering import Firmware
from tests.peer.firmware_hooks.peers.port import Port

_ENTER, _ACK, _MAGIC, _BLOCK = b"\x1b[U", b"\x06", b"\x1bUF", 64


def image(version: str) -> bytes:
    """A file as this printer takes it: magic, length, version, filling."""
    body = version.encode().ljust(16, b"\0") + bytes(range(256)) * 3
    return _MAGIC + len(body).to_bytes(4, "big") + body


class Printer(Port):
    """`runs` is its firmware's version; "" when an update was cut off."""

    def __init__(self, runs: str) -> None:
        self.runs, self._image, self._in_update = runs, b"", False
        super().__init__()

    def take(self) -> None:
        if self._in_update:
            self._receive()
        elif self.heard.endswith(_ENTER):
            self.heard, self._image, self._in_update, self.runs = b"", b"", True, ""
            self.say(_ACK)
        elif len(self.heard) >= 3 and self.heard[-3:-1] == b"\x1dI":
            answers = {65: self.runs, 66: "ACME", 67: "TM-LAB"}
            text, self.heard = answers.get(self.heard[-1], ""), b""
            if self.runs:
                self.say(b"_" + text.encode() + b"\0")

    def silent(self) -> None:
        self._in_update = False

    def _receive(self) -> None:
        while self.heard:
            block, self.heard = self.heard[:_BLOCK], self.heard[_BLOCK:]
            self._image += block
            size = 7 + int.from_bytes(self._image[3:7], "big")
            is_done = len(self._image) >= max(size, 8)
            if is_done or len(self._image) % _BLOCK == 0:
                self.say(_ACK)
            if is_done:
                self.runs, self._in_update = self._image[7:23].rstrip(b"\0").decode(), False


class Peer:
    """See peering.Peer."""

    def __init__(self, _folder: Path) -> None:
        self._printer = Printer("6.1")
        self.quirks = f"""
["kind:lab-printer"]
baud = 19200
file_begins_hex = "{_MAGIC.hex()}"
flash = [
    {{send_hex = "{_ENTER.hex()}"}},
    {{expect_hex = "06"}},
    {{file = true, block_bytes = {_BLOCK}, ack_hex = "06"}},
]
"""
        self.peripherals = (
            Peripheral("receipt", "lab-printer", match=Match(path=self._printer.path)),
        )
        self.environ: dict[str, str] = {}
        self.match = {"device": "receipt"}
        self.sys = Path("/nowhere")
        self.old = Firmware("printer-6.1.bin", image("6.1"), "6.1")
        self.new = Firmware("printer-6.2.bin", image("6.2"), "6.2")
        self.wrong = Firmware("printer-7.0.bin", image("6.9-beta"), "7.0")

    def version(self) -> str:
        return self._printer.runs

    def reset(self) -> None:
        self._printer.runs = "6.1"

    def close(self) -> None:
        self._printer.close()
