"""A barcode reader that is set by serial commands. It takes 99 for a volume, and keeps 9."""

import hashlib
import json
from pathlib import Path

from agent.config import Match, Peripheral
from tests.peer.firmware_hooks.peering import Firmware
from tests.peer.firmware_hooks.peers.port import Port

_WORKS = {"BEP": "2", "SFX": "0D", "TRG": "30"}


def fingerprint(values: dict[str, str]) -> str:
    """As the hook's README has it."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return "cfg-" + hashlib.sha256(text.encode()).hexdigest()[:8]


class Reader(Port):
    """`values` are what it is set to."""

    def __init__(self) -> None:
        self.values = dict(_WORKS)
        super().__init__()

    def take(self) -> None:
        while b"\r" in self.heard:
            line, _, self.heard = self.heard.partition(b"\r")
            self._obey(line.decode())

    def _obey(self, line: str) -> None:
        name, _, value = line[1:].partition("=")
        if line.startswith("?") and name in self.values:
            self.say(f"{name}{self.values[name]}\r".encode())
        elif line.startswith("!") and name in self.values:
            self.values[name] = "9" if value == "99" else value
            self.say(b"\x06\r")
        else:
            self.say(b"\x15\r")


class Peer:
    """See peering.Peer."""

    def __init__(self, _folder: Path) -> None:
        self._reader = Reader()
        self.quirks = """
["kind:lab-reader"]
name = "ACME reader"
query = "?{name}\\r"
set = "!{name}={value}\\r"
accepted = "\\u0006"
ends_hex = "0d"
settings = ["BEP", "SFX", "TRG"]
"""
        self.peripherals = (
            Peripheral("reader", "lab-reader", match=Match(path=self._reader.path)),
        )
        self.environ: dict[str, str] = {}
        self.match = {"device": "reader"}
        self.sys = Path("/nowhere")
        self.old = self._firmware("old", _WORKS)
        self.new = self._firmware("new", {"BEP": "4", "TRG": "60"})
        self.wrong = self._firmware("wrong", {"SFX": "0A", "BEP": "99"})

    def version(self) -> str:
        return fingerprint(self._reader.values)

    def reset(self) -> None:
        self._reader.values = dict(_WORKS)

    def close(self) -> None:
        self._reader.close()

    def _firmware(self, name: str, values: dict[str, str]) -> Firmware:
        content = json.dumps(values).encode()
        return Firmware(f"reader-{name}.json", content, fingerprint({**_WORKS, **values}))
