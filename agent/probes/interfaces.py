"""The kiosk's network interfaces, their addresses and the way out.

Attributes from /sys/class/net (Documentation/ABI/testing/sysfs-class-net), addresses by netlink
(rtnetlink(7): one dump tells IPv4 and IPv6 alike), routes from /proc/net/route (hexadecimal, the
address in the machine's byte order) and /proc/net/ipv6_route:
    Iface  Destination  Gateway   Flags  RefCnt  Use  Metric  Mask      MTU  Window  IRTT
    eth0   00000000     010200C0  0003   0       0    0       00000000  0    0       0
"""

import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

_RTM_NEWADDR, _RTM_GETADDR, _NLMSG_DONE = 20, 22, 3
_REQUEST_DUMP = 0x1 | 0x300
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_IFA_F_TEMPORARY = 0x01  # an IPv6 privacy address: another one tomorrow
_RTF_UP = 0x1
_SCOPE_GLOBAL = 0


class Address(NamedTuple):
    """One address of an interface. `is_lasting`: worth telling a technician."""

    text: str
    prefix: int
    is_lasting: bool


class Traffic(Struct, frozen=True):
    """Counters since the interface came up."""

    packets: int
    rx_errors: int
    tx_errors: int


class Interface(Struct, frozen=True):
    """One interface. `speed_mbps` is None where there is no such thing (Wi-Fi, virtual)."""

    name: str
    mac: str
    is_up: bool  # somebody wants it to work
    has_carrier: bool
    is_hardware: bool
    speed_mbps: int | None
    addresses: tuple[Address, ...]
    traffic: Traffic


class Gateway(NamedTuple):
    """Where packets for everywhere else go. `address` is empty on a point-to-point line."""

    interface: str
    address: str


def read(sys: Path = Path("/sys")) -> tuple[Interface, ...]:
    """All interfaces but the loopback."""
    addresses = parse_addresses(_dump_addresses())
    return tuple(
        _interface(folder, addresses.get(_index(folder), ()))
        for folder in sorted((sys / "class/net").iterdir())
        if folder.name != "lo" and _index(folder)
    )


def parse_addresses(raw: bytes) -> dict[int, tuple[Address, ...]]:
    """Addresses by interface index, from the answers to RTM_GETADDR."""
    found: dict[int, tuple[Address, ...]] = {}
    for kind, body in _messages(raw):
        if kind == _RTM_NEWADDR:
            family, prefix, flags, scope, index = struct.unpack_from("=BBBBI", body)
            attributes = dict(_attributes(body[8:]))
            # On a point-to-point line IFA_ADDRESS is the other end, IFA_LOCAL ours.
            packed = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
            if packed is not None:
                is_lasting = scope == _SCOPE_GLOBAL and not (
                    family == socket.AF_INET6 and flags & _IFA_F_TEMPORARY
                )
                address = Address(socket.inet_ntop(family, packed), prefix, is_lasting)
                found[index] = (*found.get(index, ()), address)
    return found


def parse_routes(raw: str) -> Gateway | None:
    """The default way out over IPv4, from /proc/net/route: the one of least metric.

    >>> parse_routes("Iface Destination ...\\neth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0")
    Gateway(interface='eth0', address='192.0.2.1')
    """
    routes = []
    for line in raw.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or not int(fields[3], 16) & _RTF_UP:
            continue
        if fields[1] == fields[7] == "00000000":
            routes.append((int(fields[6]), fields[0], int(fields[2], 16)))
    if not routes:
        return None
    _, name, gateway = min(routes)
    return Gateway(name, socket.inet_ntoa(struct.pack("=I", gateway)) if gateway else "")


def parse_routes6(raw: str) -> Gateway | None:
    """The default way out over IPv6, from /proc/net/ipv6_route.

    >>> parse_routes6("00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    ...               "fd000000000000000000000000000001 00000400 00000002 00000000 00000003 eth0")
    Gateway(interface='eth0', address='fd00::1')
    """
    routes = []
    for line in raw.splitlines():
        fields = line.split()
        if len(fields) < 10 or not int(fields[8], 16) & _RTF_UP or fields[9] == "lo":
            continue
        if int(fields[0], 16) == int(fields[1], 16) == 0:
            routes.append((int(fields[5], 16), fields[9], bytes.fromhex(fields[4])))
    if not routes:
        return None
    _, name, gateway = min(routes)
    return Gateway(name, socket.inet_ntop(socket.AF_INET6, gateway) if any(gateway) else "")


def parse_resolv_conf(raw: str) -> tuple[str, ...]:
    """Name servers in the order they are asked.

    >>> parse_resolv_conf("search home\\nnameserver 192.0.2.53\\nnameserver fd00::53 # box")
    ('192.0.2.53', 'fd00::53')
    """
    lines = (line.split() for line in raw.splitlines())
    return tuple(words[1] for words in lines if len(words) > 1 and words[0] == "nameserver")


def _interface(folder: Path, addresses: Iterable[Address]) -> Interface:
    return Interface(
        folder.name,
        _text(folder / "address"),
        is_up=bool(int(_text(folder / "flags") or "0", 16) & 1),
        has_carrier=_text(folder / "carrier") == "1",  # unreadable while it is down
        is_hardware=(folder / "device").exists(),
        speed_mbps=_speed(_text(folder / "speed")),
        addresses=tuple(addresses),
        traffic=Traffic(
            _count(folder, "rx_packets") + _count(folder, "tx_packets"),
            _count(folder, "rx_errors"),
            _count(folder, "tx_errors"),
        ),
    )


def _index(folder: Path) -> int:
    """0 for what is in the folder and is no interface, such as `bonding_masters`."""
    return int(_text(folder / "ifindex") or "0")


def _speed(text: str) -> int | None:
    """Megabits a second; None where the driver has none to tell.

    >>> _speed("1000"), _speed("-1"), _speed("")
    (1000, None, None)
    """
    return int(text) if text.isdigit() and int(text) > 0 else None


def _count(folder: Path, name: str) -> int:
    return int(_text(folder / "statistics" / name) or "0")


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _dump_addresses() -> bytes:
    """The kernel's answers to one RTM_GETADDR dump."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(2.0)
        body = struct.pack("=BBBBI", socket.AF_UNSPEC, 0, 0, 0, 0)
        header = struct.pack("=IHHII", 16 + len(body), _RTM_GETADDR, _REQUEST_DUMP, 1, 0)
        kernel.sendto(header + body, (0, 0))
        said = b""
        while not any(kind == _NLMSG_DONE for kind, _ in _messages(said)):
            said += kernel.recv(65536)
        return said


def _messages(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Netlink messages: kind and body (netlink(7); each is padded to 4 bytes)."""
    at = 0
    while at + 16 <= len(raw):
        length, kind = struct.unpack_from("=IH", raw, at)
        if length < 16 or at + length > len(raw):
            return
        yield kind, raw[at + 16 : at + length]
        at += (length + 3) & ~3


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(raw):
        length, kind = struct.unpack_from("=HH", raw, at)
        if length < 4:
            return
        yield kind, raw[at + 4 : at + length]
        at += (length + 3) & ~3
