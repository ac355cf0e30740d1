"""An SMTP server on the loopback that takes whatever is sent to it."""

import logging
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller


class Mail:
    """Use as a context manager. `received` are the Message-IDs, in order of arrival."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[str] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # a line a command of the protocol
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """One mail."""
        for line in envelope.content.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("message-id:"):
                self.received.append(line.partition(":")[2].strip())
                break
        return "250 OK"
