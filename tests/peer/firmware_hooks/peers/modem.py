"""A modem that answers AT commands (3GPP TS 27.007), and takes firmware by one of its maker's."""

from pathlib import Path

from agent.config import Match, Peripheral
from tests.peer.firmware_hooks.peering import Firmware
from tests.peer.firmware_hooks.peers.port import Port

_BLOCK = 128


def image(version: str) -> bytes:
    """A file as this modem takes it."""
    return version.encode().ljust(32, b"\0") + b"\xa5" * 900


class Modem(Port):
    """`runs` is its firmware's version; "" when an update was cut off: then it takes only that."""

    def __init__(self, runs: str) -> None:
        self.runs, self._image, self._wanted, self._has_echo = runs, b"", 0, True
        super().__init__()

    def take(self) -> None:
        while self.heard:
            if self._wanted:
                self._receive()
                continue
            line, end, rest = self.heard.partition(b"\r")
            if not end:
                return
            self.heard = rest
            if self._has_echo:
                self.say(line + b"\r")
            self._obey(line.decode())

    def silent(self) -> None:
        self._wanted = 0

    def _obey(self, line: str) -> None:
        identity = {"AT+CGMI": "ACME", "AT+CGMM": "LTE-9", "AT+CGMR": f"+CGMR: {self.runs}"}
        if line.startswith("AT+FWDL="):
            self._wanted, self._image, self.runs = int(line[8:]), b"", ""
            self.say(b"\r\nCONNECT\r\n")
        elif line == "ATE0":
            self._has_echo = False
            self.say(b"\r\nOK\r\n")
        elif line in identity and self.runs:
            self.say(f"\r\n{identity[line]}\r\n\r\nOK\r\n".encode())
        else:
            self.say(b"\r\nERROR\r\n")

    def _receive(self) -> None:
        block, self.heard = self.heard[:_BLOCK], self.heard[_BLOCK:]
        self._image += block
        if len(self._image) % _BLOCK == 0 or len(self._image) >= self._wanted:
            self.say(b"\x06")
        if len(self._image) >= self._wanted:
            self._wanted, self._has_echo = 0, True
            self.runs = self._image[:32].rstrip(b"\0").decode()
            self.say(b"\r\nOK\r\n")


class Peer:
    """See peering.Peer."""

    def __init__(self, _folder: Path) -> None:
        self._modem = Modem("11.617")
        self.quirks = """
["kind:lab-modem"]
baud = 115200
flash = [
    {send = "AT+FWDL={size}\\r"},
    {expect = "CONNECT\\r\\n"},
    {file = true, block_bytes = 128, ack_hex = "06"},
    {expect = "OK\\r\\n"},
]
"""
        self.peripherals = (Peripheral("modem", "lab-modem", match=Match(path=self._modem.path)),)
        self.environ: dict[str, str] = {}
        self.match = {"device": "modem"}
        self.sys = Path("/nowhere")
        self.old = Firmware("modem-11.617.bin", image("11.617"), "11.617")
        self.new = Firmware("modem-11.618.bin", image("11.618"), "11.618")
        self.wrong = Firmware("modem-12.bin", image("11.0"), "12.0")

    def version(self) -> str:
        return self._modem.runs

    def reset(self) -> None:
        self._modem.runs = "11.617"

    def close(self) -> None:
        self._modem.close()
