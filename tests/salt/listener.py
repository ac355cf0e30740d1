"""One who follows a port in a thread, and keeps what was heard."""

import threading
from types import TracebackType
from typing import Self

from controller.salt.port import Port, PortError, Return


class Listener:
    """Use as a context manager. `error`: what cut it off."""

    def __init__(self, port: Port) -> None:
        self.heard: list[Return] = []
        self.error: PortError | None = None
        self._port = port
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join(10)
        assert not self._thread.is_alive(), "it does not end"

    def of(self, jid: str) -> list[Return]:
        """What was heard of one job."""
        return [one for one in self.heard if one.jid == jid]

    def is_cut_off(self) -> bool:
        """Whether it stopped by itself."""
        return not self._thread.is_alive()

    def _follow(self) -> None:
        try:
            self._port.follow(self.heard.append, self._is_over.is_set)
        except PortError as err:
            self.error = err
