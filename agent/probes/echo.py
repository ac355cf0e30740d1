"""ICMP echo: how long packets take to the controller and back, and how many are lost.

An echo request (RFC 792, RFC 4443) is type, code, checksum, identifier, sequence, payload:
    08 00 xxxx iiii ssss tttttttttttttttt
We tell our answers by 8 random bytes of payload: on an unprivileged ICMP socket the kernel puts an
identifier of its own. Small on purpose: a burst of ten costs 720 bytes on the wire (IPv4).
"""

import os
import select
import socket
import struct
import time

from msgspec import Struct

_TOKEN_BYTES = 8
_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
_PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}


class Plan(Struct, frozen=True):
    """A burst: how many requests, how far apart, and how long the last one is waited for."""

    count: int
    interval_s: float
    wait_s: float = 1.0


def burst(address: str, plan: Plan) -> tuple[float | None, ...]:
    """Round-trip times in ms to an IPv4 or IPv6 `address`, None for each that did not come back.

    Raises PermissionError where this process may not send ICMP (net.ipv4.ping_group_range).
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    token = os.urandom(_TOKEN_BYTES)
    sent: list[float] = []
    back: dict[int, float] = {}
    with _open(family) as line:
        line.setblocking(False)
        start = time.monotonic()
        for number in range(plan.count):
            _receive(line, family, token, back, start + number * plan.interval_s, plan.count)
            sent.append(time.monotonic())
            _send(line, address, request(family, number, token))
        _receive(line, family, token, back, time.monotonic() + plan.wait_s, plan.count)
    return tuple(
        1000 * (back[number] - moment) if number in back else None
        for number, moment in enumerate(sent)
    )


def request(family: int, number: int, token: bytes) -> bytes:
    """One echo request. The kernel fills in the checksum of ICMPv6.

    >>> request(socket.AF_INET, 1, b"12345678").hex()
    '0800272a000000013132333435363738'
    """
    body = struct.pack("!HH", 0, number) + token
    head = struct.pack("!BB", _REQUEST[socket.AddressFamily(family)], 0)
    check = checksum(head + b"\0\0" + body) if family == socket.AF_INET else 0
    return head + struct.pack("!H", check) + body


def parse_reply(family: int, packet: bytes, token: bytes) -> int | None:
    """The number of the request that `packet` answers; None when it is not an answer to us.

    A raw IPv4 socket gives the IP header too, and on the loopback our own requests.
    """
    if family == socket.AF_INET and packet[:1] and packet[0] >> 4 == 4:
        packet = packet[(packet[0] & 0x0F) * 4 :]
    if len(packet) < 8 + _TOKEN_BYTES or packet[0] != _REPLY[socket.AddressFamily(family)]:
        return None
    if packet[8 : 8 + _TOKEN_BYTES] != token:
        return None
    number: int = struct.unpack_from("!H", packet, 6)[0]
    return number


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes.

    >>> hex(checksum(bytes.fromhex("0001f203f4f5f6f7")))
    '0x220d'
    """
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _open(family: socket.AddressFamily) -> socket.socket:
    try:
        return socket.socket(family, socket.SOCK_DGRAM, _PROTOCOL[family])
    except PermissionError:
        return socket.socket(family, socket.SOCK_RAW, _PROTOCOL[family])


def _send(line: socket.socket, address: str, packet: bytes) -> None:
    try:
        line.sendto(packet, (address, 0))
    except OSError:
        # No route, a local firewall, a full queue: it is lost, and counted so.
        return


def _receive(
    line: socket.socket,
    family: int,
    token: bytes,
    back: dict[int, float],
    until: float,
    count: int,
) -> None:
    """Note when answers arrive, until a moment or until all have."""
    while (left := until - time.monotonic()) > 0:
        if len(back) == count:
            return
        if not select.select([line], [], [], left)[0]:
            return
        try:
            packet = line.recv(2048)
        except OSError:
            continue  # an error of an earlier request, delivered late
        number = parse_reply(family, packet, token)
        if number is not None:
            back.setdefault(number, time.monotonic())
