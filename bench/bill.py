"""What a kiosk's line carries in an idle day, from the packets seen on it. Pure."""

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.cable import Packet
from bench.errors import BenchError

_HOURS, _MINUTES = 24, 24 * 60
#: The largest packet of a ping: headers of 20 and 32 bytes, a TLS record of 22 with 2 of MQTT.
_PING_BYTES = 76
#: A TCP packet that only acknowledges: no ping, and not counted as one.
_BARE_BYTES = 52


@dataclass(frozen=True, slots=True)
class Bill:
    """In bytes of IP packets, both ways together."""

    start: float  # TLS, subscriptions, inventory, first full report; an idle day has none
    ping: float  # each minute: PINGREQ, PINGRESP and their acknowledgements
    names: float  # what the name server is asked in a minute
    report: float  # each hour, until the controller's acknowledgement
    burst: float  # each hour: ICMP echo

    @property
    def day(self) -> float:
        """An idle day's bytes."""
        return _HOURS * (self.report + self.burst) + _MINUTES * (self.ping + self.names)


def bill(
    start: Sequence[Packet], idle: Sequence[Packet], idle_s: float, hours: Sequence[Packet], n: int
) -> Bill:
    """From the packets of a start, of idle time after it, and of `n` hours without pings.

    Raises BenchError when nothing of a kind that must be there was seen.
    """
    asked, report = pings(idle), _size(hours, socket.IPPROTO_TCP)
    if not asked or not report:
        raise BenchError(f"{asked} pings and {report} bytes of reports were seen on the line")
    small = (packet for packet in idle if packet.size_bytes <= _PING_BYTES)
    return Bill(
        start=_size(start, socket.IPPROTO_TCP),
        ping=_size(small, socket.IPPROTO_TCP) / asked,
        names=_size(idle, socket.IPPROTO_UDP) / idle_s * 60,
        report=report / n,
        burst=_size(start, socket.IPPROTO_ICMP),
    )


def pings(packets: Iterable[Packet]) -> int:
    """How many times the kiosk asked the broker whether it is there."""
    return sum(
        packet.protocol == socket.IPPROTO_TCP
        and packet.is_from_kiosk
        and _BARE_BYTES < packet.size_bytes <= _PING_BYTES
        for packet in packets
    )


def _size(packets: Iterable[Packet], protocol: int) -> int:
    return sum(packet.size_bytes for packet in packets if packet.protocol == protocol)
