"""A video platform, its name server and a hotspot, in a network of their own, and the probe there.

Argument: a folder of PEM files. Each line of input is an order in JSON, answered by `done`, or by
the device where the order is to measure:
    {"names": "127.0.0.1", "delay_s": 0}    what the name server answers, and how late
    {"serve": "good"}                       show this certificate; null: nobody listens
    {"page": "204 No Content"}              what the known page answers
    {"filter": "tcp dport 4433 drop"}       an nftables rule on what comes in
    {"measure": true}
"""

import json
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.config import Config, Peripheral
from agent.probe import Context
from agent.probes import video_platform
from tests.peer.agent.line.names import Names

TLS_PORT, PAGE_PORT = 4433, 8080
HERE = "127.0.0.1"
NFT = "/usr/sbin/nft"


class Server:
    """Accepts, and does the least that is called an answer."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None, page: str = "") -> None:
        self._listener = socket.create_server((HERE, port))
        self._context, self.page = context, page
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        # A thread that waits in accept would keep the port open: wake it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                with caller, suppress(OSError):
                    self._answer(caller)

    def _answer(self, caller: socket.socket) -> None:
        if self._context is not None:
            self._context.wrap_socket(caller, server_side=True).close()
            return
        caller.recv(4096)
        caller.sendall(f"HTTP/1.1 {self.page}\r\nContent-Length: 0\r\n\r\n".encode())


class Side:
    """Everything at this end of the line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = Names()
        self._page = Server(PAGE_PORT, page="204 No Content")
        self._platform: Server | None = None
        settings = {
            "host": "video.example",
            "port": TLS_PORT,
            "ca": str(folder / "ca.pem"),
            "portal_url": f"http://{HERE}:{PAGE_PORT}/known",
        }
        nothing = Config.unenrolled()
        declared = (Peripheral("platform", "video-platform", settings=settings),)
        self._config = Config(nothing.kiosk, nothing.broker, peripherals=declared)
        self._probe = video_platform.probe(self._config)

    def obey(self, order: dict[str, object]) -> str:
        """One order."""
        if "names" in order:
            answer = order["names"]
            self._names.answer = answer if answer is None else str(answer)
            self._names.delay_s = float(str(order.get("delay_s", 0)))
        if "serve" in order:
            self._serve(order["serve"])
        if "page" in order:
            self._page.page = str(order["page"])
        if "filter" in order:
            rule = str(order["filter"]).split()
            chain = "{ type filter hook input priority 0; }"
            for words in (["table"], ["chain", chain], ["rule", *rule]):
                _nft("add", words[0], "inet", "lab", *(["input"] * (len(words) > 1)), *words[1:])
        if "measure" in order:
            (state,) = self._probe.run(Context(self._config, "boot", None))
            return msgspec.json.encode(state).decode()
        return "done"

    def _serve(self, name: object) -> None:
        if self._platform is not None:
            self._platform.close()
            self._platform = None
        if name is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self._folder / f"{name}.pem", self._folder / f"{name}.key")
            self._platform = Server(TLS_PORT, context)


def _nft(*words: str) -> None:
    subprocess.run([NFT, *words], check=True, timeout=20)


def main(folder: str) -> None:
    side = Side(Path(folder))
    for line in sys.stdin:
        print(side.obey(json.loads(line)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
