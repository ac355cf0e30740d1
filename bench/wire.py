"""MQTT 5 over TLS on a bare socket: the least a client can be, and a publisher that can be paced.

It is the floor that the agent's memory is measured from, so it imports no more than it must.
"""

import os
import socket
import ssl
import struct

_CONNECT, _PUBLISH, _PUBACK, _PINGREQ = 0x10, 0x32, 0x40, 0xC0

File = str | os.PathLike[str]


def packet(kind: int, body: bytes) -> bytes:
    """A packet with its remaining length (MQTT 5, section 2.1.4)."""
    length, head = len(body), bytearray([kind])
    while length > 127:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + body


def text(value: str) -> bytes:
    """A UTF-8 string with its length before it."""
    raw = value.encode()
    return struct.pack("!H", len(raw)) + raw


class Wire:
    """One connection, named by its certificate. QoS 1; the broker's PUBACKs are counted."""

    def __init__(
        self, port: int, certificate: File, key: File, ca: File, keepalive_s: int = 60
    ) -> None:
        name = os.path.basename(certificate).removesuffix(".pem")  # noqa: PTH119 - see above
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(ca)
        context.load_cert_chain(certificate, key)
        plain = socket.create_connection(("localhost", port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = context.wrap_socket(plain, server_hostname="localhost")
        self._next_mid = 0
        self._rest = b""
        self.unanswered = 0
        body = text("MQTT") + b"\x05\x02" + struct.pack("!H", keepalive_s) + b"\x00"
        self.sock.sendall(packet(_CONNECT, body + text(name)))
        if self.sock.recv(4096)[:1] != b"\x20":
            raise ConnectionError("the broker did not answer CONNECT")

    def publish(self, topic: bytes, payloads: list[bytes]) -> None:
        """Send all in one write."""
        out = bytearray()
        for payload in payloads:
            self._next_mid = self._next_mid % 65_535 + 1
            body = topic + struct.pack("!H", self._next_mid) + b"\x00" + payload
            out += packet(_PUBLISH, body)
        self.unanswered += len(payloads)
        self.sock.sendall(out)

    def read(self) -> None:
        """Take in the PUBACKs that have come; do not wait."""
        self.sock.setblocking(False)
        try:
            while data := self.sock.recv(65_536):
                self._rest += data
        except ssl.SSLWantReadError:
            pass
        finally:
            self.sock.setblocking(True)
        while len(self._rest) >= 2 and len(self._rest) >= 2 + self._rest[1]:
            if self._rest[0] == _PUBACK:
                self.unanswered -= 1
            self._rest = self._rest[2 + self._rest[1] :]

    def ping(self) -> None:
        """Keep the connection."""
        self.sock.sendall(packet(_PINGREQ, b""))

    def close(self) -> None:
        """Leave without a word."""
        self.sock.close()
