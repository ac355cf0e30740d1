"""A kiosk's line with a meter on it: a network namespace, a virtual cable, each packet counted.

Sizes are those of IP packets, headers included: what a rural line or a data plan is charged for.
Ethernet's own bytes and ARP stay in the building and are left out. Segments are cut by the sender
(no segmentation offload), so each packet counted is one that would be on a real wire.
"""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from bench.errors import BenchError

IP = "/usr/sbin/ip"
_ETH_P_ALL, _ETH_P_IP = 0x0003, 0x0800
_PEEK_S = 0.2
#: The name server of the kiosk's network stands where its own /etc/resolv.conf says.
_WITH_NAMES = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


class Packet(NamedTuple):
    """One IP packet. `protocol` as in its header: socket.IPPROTO_TCP, ..."""

    at: float  # monotonic
    protocol: int
    is_from_kiosk: bool
    size_bytes: int


class Cable:
    """A line between this machine, which plays the controller's, and a kiosk's network namespace.

    Needs root. Use as a context manager. Addresses are of 198.18.0.0/15, which is for benchmarks
    (RFC 2544). Raises BenchError where the cable cannot be laid.
    """

    def __init__(self, number: int, folder: Path) -> None:
        net = f"198.18.{os.getpid() % 256}"
        self.controller, self.kiosk = f"{net}.{4 * number + 1}", f"{net}.{4 * number + 2}"
        self._name = f"vigie-bench-{os.getpid()}-{number}"
        self._end = f"vb{os.getpid()}n{number}"  # an interface's name has at most 15 characters
        self._resolv = folder / f"resolv-{number}.conf"
        self._resolv.write_text(f"nameserver {self.controller}\n")

    def __enter__(self) -> Self:
        _ip("netns", "add", self._name)
        try:
            self._lay()
        except BenchError:
            _ip("netns", "del", self._name)
            raise
        self._meter = Meter(self._end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._meter.close()
        _ip("netns", "del", self._name)  # its end of the cable goes with it, and so ours

    def at_kiosk(self, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` at the kiosk's end, as the process it starts."""
        inside = ("/bin/sh", "-c", _WITH_NAMES, str(self._resolv), *command)
        return [IP, "netns", "exec", self._name, *inside]

    def packets(self, since: float) -> list[Packet]:
        """Those that came by after `since` (monotonic)."""
        return self._meter.packets(since)

    def _lay(self) -> None:
        here, there = (), ("-n", self._name)
        _ip("link", "add", self._end, "type", "veth", "peer", "name", "eth0", "netns", self._name)
        ends = ((here, self._end, self.controller), (there, "eth0", self.kiosk))
        for side, link, address in ends:
            # No IPv6: its neighbour discovery is no traffic of the agent's.
            _ip(*side, "link", "set", link, "gso_max_segs", "1", "addrgenmode", "none")
            _ip(*side, "addr", "add", f"{address}/30", "dev", link)
            _ip(*side, "link", "set", link, "up")
        _ip(*there, "link", "set", "lo", "up")
        _ip(*there, "route", "add", "default", "via", self.controller)


class Meter:
    """Notes every IPv4 packet on an interface of this machine, in a thread of its own."""

    def __init__(self, interface: str) -> None:
        self._seen: list[Packet] = []
        self._is_closing = False
        # Only a socket for all protocols sees what leaves as well (packet(7)).
        self._tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        self._tap.bind((interface, _ETH_P_ALL))
        self._tap.settimeout(_PEEK_S)
        self._thread = threading.Thread(target=self._watch, name=f"meter {interface}")
        self._thread.start()

    def packets(self, since: float) -> list[Packet]:
        """Those that came by after `since` (monotonic)."""
        return [packet for packet in self._seen if packet.at >= since]

    def close(self) -> None:
        """Stop."""
        self._is_closing = True
        self._thread.join()
        self._tap.close()

    def _watch(self) -> None:
        while not self._is_closing:
            try:
                head, (_, protocol, kind, *_) = self._tap.recvfrom(64)
            except TimeoutError:
                continue
            if protocol == _ETH_P_IP:
                is_from_kiosk = kind != socket.PACKET_OUTGOING
                self._seen.append(parse_packet(head, time.monotonic(), is_from_kiosk))


def parse_packet(head: bytes, at: float, is_from_kiosk: bool) -> Packet:
    """The packet whose IPv4 header (RFC 791, section 3.1) `head` begins with.

    >>> parse_packet(bytes.fromhex("4500003400004000400600000a0000010a000002"), 0.0, True)
    Packet(at=0.0, protocol=6, is_from_kiosk=True, size_bytes=52)
    """
    return Packet(at, head[9], is_from_kiosk, int.from_bytes(head[2:4], "big"))


def _ip(*words: str) -> None:
    done = subprocess.run([IP, *words], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise BenchError(f"ip {' '.join(words)}: {done.stderr.strip()} (needs root)")
