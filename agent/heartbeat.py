"""Hears a page of the kiosk application say, over HTTP on this machine only, that it lives.

The page asks for this address every few seconds, and looks at no answer:

    GET /?frames=12&visible=1 HTTP/1.1

`frames` counts the pictures it was given to paint, `visible` is its document.visibilityState. No
thread and no HTTP library: the kernel keeps what comes until the next `read`, which answers it.
"""

import re
import socket
from contextlib import suppress

from msgspec import Struct

_LOOPBACK = "127.0.0.1"
#: More is not read: a request of ours has 100 bytes, a browser's headers rarely above 1 KB.
_MAX_BYTES = 8192
_MAX_WAITING = 8
#: A browser opens connections ahead and says nothing on them: until then they are left open.
_PATIENCE_S = 60.0
_ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n"
_REQUEST = re.compile(rb"GET /\?([a-z0-9=&]{1,128}) HTTP/1\.[01]\r\n")


class Beat(Struct, frozen=True):
    """What a page said of itself. `at` is when it was read, of the clock given to `read`."""

    at: float
    frames: int
    is_visible: bool


class Heartbeat:
    """Listens on a port of the loopback from its creation on. Raises OSError when it is taken."""

    def __init__(self, port: int) -> None:
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._waiting: list[tuple[socket.socket, float]] = []
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((_LOOPBACK, port))
            self._listener.listen(_MAX_WAITING)
            self._listener.setblocking(False)
        except OSError:
            self._listener.close()
            raise

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def read(self, now: float) -> Beat | None:
        """The latest beat since the last call; None when there was none. Never blocks."""
        self._accept(now)
        latest = None
        waiting, self._waiting = self._waiting, []
        for connection, since in waiting:
            raw = _receive(connection)
            beat = parse(raw, now) if raw else None
            if raw is None and now - since < _PATIENCE_S:
                self._waiting.append((connection, since))
                continue
            if beat is not None:
                latest = beat
                _answer(connection)
            connection.close()
        return latest

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
        for connection, _ in self._waiting:
            connection.close()

    def _accept(self, now: float) -> None:
        for _ in range(2 * _MAX_WAITING):
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                break  # nobody else is there, or is no more
            connection.setblocking(False)
            self._waiting.append((connection, now))
        # Whoever opens connections without end does not keep them.
        while len(self._waiting) > 2 * _MAX_WAITING:
            self._waiting.pop(0)[0].close()


def parse(raw: bytes, at: float) -> Beat | None:
    """The beat in a request; None when it is anything else.

    >>> parse(b"GET /?frames=12&visible=1 HTTP/1.1\\r\\nHost: 127.0.0.1:8731\\r\\n\\r\\n", 3.0)
    Beat(at=3.0, frames=12, is_visible=True)
    >>> parse(b"GET /favicon.ico HTTP/1.1\\r\\n", 3.0) is None
    True
    """
    request = _REQUEST.match(raw)
    if request is None:
        return None
    said = dict(pair.split("=", 1) for pair in request[1].decode().split("&") if "=" in pair)
    frames = said.get("frames", "")
    if not frames.isdecimal():
        return None
    return Beat(at, int(frames), said.get("visible") == "1")


def _receive(connection: socket.socket) -> bytes | None:
    """What has come; None when nothing has yet, and nothing at all when the other end left."""
    try:
        return connection.recv(_MAX_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _answer(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.send(_ANSWER)
        connection.shutdown(socket.SHUT_WR)
