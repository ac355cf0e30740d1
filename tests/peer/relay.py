"""A line to the broker that can swallow what goes through it: the other end stays connected."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self


class Relay:
    """Listens on a port of its own and passes bytes on to `port`, both on loopback.

    While `swallows_words` is set nothing of the kiosk's arrives, while `swallows_answers` nothing
    of the broker's; what is swallowed never comes.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.swallows_words = self.swallows_answers = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                kiosk, _ = self._door.accept()
                threading.Thread(target=self._carry, args=(kiosk,), daemon=True).start()

    def _carry(self, kiosk: socket.socket) -> None:
        with kiosk, socket.create_connection(("127.0.0.1", self._to)) as broker:
            answers = threading.Thread(
                target=self._pass, args=(broker, kiosk, lambda: self.swallows_answers), daemon=True
            )
            answers.start()
            self._pass(kiosk, broker, lambda: self.swallows_words)
            answers.join()

    def _pass(
        self, source: socket.socket, sink: socket.socket, swallows: Callable[[], bool]
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not swallows():
                    sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
