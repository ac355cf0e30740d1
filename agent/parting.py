"""Hanging up in a way that lets the other side hear the last word."""

import os
from collections.abc import Callable

from agent.loop import Loop

_CHUNK_BYTES = 65_536


class Parting:
    """Keeps a connection open after its last word, until the other side hangs up.

    Closing a socket with unread bytes resets the connection (RFC 1122, 4.2.2.13). A broker that is
    writing at that moment takes it for lost before it reads our DISCONNECT, and publishes the will.
    So what still comes is read and dropped: the broker keeps what we do not acknowledge.
    """

    def __init__(self, loop: Loop, fd: int, done: Callable[[], None]) -> None:
        """`fd` is duplicated: its owner may close it. `done` is called once."""
        self._loop, self._done = loop, done
        self._fd = os.dup(fd)
        loop.watch(self._fd, self._read)

    def close(self) -> None:
        """Wait no longer."""
        if self._fd >= 0:
            self._loop.forget(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> None:
        try:
            has_more = bool(os.read(self._fd, _CHUNK_BYTES))
        except BlockingIOError:
            return
        except OSError:
            has_more = False
        if not has_more:
            self.close()
            self._done()
