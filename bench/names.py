"""A name server that knows one name: so that what a kiosk asks it is on the meter too."""

import socket
import struct
import threading
from types import TracebackType
from typing import Self

_HEAD = struct.Struct("!6H")
_A, _IN, _TTL_S = 1, 1, 300
_ANSWER, _ONE_QUESTION = 0x8180, 1  # a response, recursion available, no error
_PEEK_S = 0.2


class Names:
    """Answers every question for an address with `address`, on its port 53. A context manager."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._is_closing = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._socket.settimeout(_PEEK_S)
        self._thread = threading.Thread(target=self._serve, name="names")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_closing = True
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._is_closing:
            try:
                query, asker = self._socket.recvfrom(512)
            except TimeoutError:
                continue
            self._socket.sendto(answer(query, self._address), asker)


def answer(query: bytes, address: str) -> bytes:
    """The reply to one question (RFC 1035, section 4): an address to A, nothing to any other."""
    number = query[:2]
    question = query[_HEAD.size : query.index(b"\0", _HEAD.size) + 5]
    (kind,) = struct.unpack_from("!H", question, len(question) - 4)
    found = b""
    if kind == _A:
        to_the_question = 0xC000 | _HEAD.size
        found = struct.pack("!HHHIH", to_the_question, _A, _IN, _TTL_S, 4)
        found += socket.inet_aton(address)
    head = struct.pack("!5H", _ANSWER, _ONE_QUESTION, int(bool(found)), 0, 0)
    return number + head + question + found
