"""Whether a stream of events still tells: quiet and deaf look alike.

salt-api's stream goes on after the master was restarted, and says nothing ever again (3008.3).
Every call of a runner is an event: after a while without any, one is made, and has to be heard.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self

from controller.salt.port import PortError

_GLANCE_S = 0.1  # how soon one who follows notices that it is over
_HEARD_WITHIN_S = 10.0


class Watch:
    """Cuts a stream's line when it is over, or deaf. Use as a context manager, around reading.

    `prove` makes an event. `deafness`: why it was cut, once the stream has ended; empty otherwise.
    """

    def __init__(
        self,
        line: socket.socket,
        is_over: Callable[[], bool],
        prove: Callable[[], object],
        quiet_s: float,
    ) -> None:
        self.deafness = ""
        self._line = line
        self._is_over = is_over
        self._prove = prove
        self._quiet_s = quiet_s
        self._heard_at = time.monotonic()
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="salt-events", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._has_ended.set()
        self._thread.join()

    def passing(self, lines: Iterable[str]) -> Iterator[str]:
        """The same lines; each proves that the stream tells."""
        for line in lines:
            self._heard_at = time.monotonic()
            yield line

    def _run(self) -> None:
        while not self._has_ended.wait(_GLANCE_S):
            if self._is_over():
                return self._cut("")
            if time.monotonic() - self._heard_at > self._quiet_s:
                asked_at = time.monotonic()
                try:
                    self._prove()
                except PortError as err:
                    return self._cut(str(err))
                if not self._is_heard_since(asked_at):
                    return self._cut("it is deaf: it did not tell of a call of ours")
        return None

    def _is_heard_since(self, asked_at: float) -> bool:
        """Waits for it. Also true when it is over anyhow."""
        while time.monotonic() - asked_at < _HEARD_WITHIN_S:
            if self._heard_at > asked_at or self._is_over() or self._has_ended.wait(_GLANCE_S):
                return True
        return False

    def _cut(self, deafness: str) -> None:
        self.deafness = deafness
        with contextlib.suppress(OSError):  # it has just ended by itself
            # Not TLS's own shutdown: the reader is in the midst of it.
            socket.socket.shutdown(self._line, socket.SHUT_RDWR)
