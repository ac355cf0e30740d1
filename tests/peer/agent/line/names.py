"""A name server that can be slow, silent, or know nobody: UDP, one address for every name."""

import socket
import struct
import threading

_HEAD = struct.Struct("!6H")
_A, _IN, _TTL_S = 1, 1, 60
_FOUND, _NO_SUCH_NAME = 0x8180, 0x8183


class Names:
    """Serves on `address`, port 53, from its creation on. Set what it is to do at any time.

    `answer`: the address given; empty: no such name; None: no answer at all.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.answer: str | None = address
        self.delay_s = 0.0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, asker = self._socket.recvfrom(512)
            if self.answer is not None:
                said = (reply(query, self.answer), asker)
                threading.Timer(self.delay_s, self._socket.sendto, said).start()


def reply(query: bytes, address: str) -> bytes:
    """The reply to one question (RFC 1035, section 4.1)."""
    question = query[_HEAD.size : query.index(b"\0", _HEAD.size) + 5]
    (kind,) = struct.unpack_from("!H", question, len(question) - 4)
    found = b""
    if address and kind == _A:
        found = struct.pack("!HHHIH", 0xC000 | _HEAD.size, _A, _IN, _TTL_S, 4)
        found += socket.inet_aton(address)
    flags = _FOUND if address else _NO_SUCH_NAME
    return query[:2] + struct.pack("!5H", flags, 1, int(bool(found)), 0, 0) + question + found
