"""The line to the controller: is there a way, and is it good enough for video?

Measured by ICMP echo. Many town halls filter that, and silence is then no loss: the time that the
broker's TCP port takes to answer is used instead, which tells delay and jitter but not loss.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct

from agent.probes import echo
from agent.probes.echo import Plan

#: Goes ahead and is not counted: it waits for ARP or IPv6 discovery, or wakes a 4G modem.
AHEAD = Plan(count=1, interval_s=0.0, wait_s=1.5)
FIRST = Plan(count=10, interval_s=0.2)
#: One packet lost of ten says little about a limit of 1 %: then forty more are sent.
MORE = Plan(count=40, interval_s=0.1)
KNOCKS = 3
KNOCK_TIMEOUT_S = 2.0
RESOLVE_TIMEOUT_S = 3.0
#: The longest `measure` can take.
LONGEST_S = 14.0


class Quality(Struct, frozen=True):
    """Of a line. `jitter_ms` is the mean change from one packet to the next (as RFC 3550's).

    `loss_percent` is None where the way of measuring cannot tell; `lost` counts packets.
    """

    rtt_ms: float
    jitter_ms: float
    loss_percent: float | None
    lost: int
    measured_by: str  # icmp, tcp-connect, tcp


def measure(address: str, port: int) -> Quality | None:
    """The line to a host; None when nothing there answers in any way. Takes 2 s, at most 14."""
    _echo(address, AHEAD)
    rtts = _echo(address, FIRST)
    if any(rtts) and None in rtts:
        rtts = (*rtts, *_echo(address, MORE))
    quality = summarize(rtts, "icmp")
    if quality is not None:
        return quality
    knocks = summarize(_knock(address, port), "tcp-connect")
    if knocks is None:
        return None
    return Quality(knocks.rtt_ms, knocks.jitter_ms, None, 0, knocks.measured_by)


def summarize(rtts: Sequence[float | None], measured_by: str) -> Quality | None:
    """From the round-trip times of a burst in ms, None for a packet lost. All lost: None.

    >>> summarize([20.0, 30.0, None, 20.0], "icmp")
    Quality(rtt_ms=20.0, jitter_ms=10.0, loss_percent=25.0, lost=1, measured_by='icmp')
    >>> summarize([None, None], "icmp") is None
    True
    """
    back = [rtt for rtt in rtts if rtt is not None]
    if not back:
        return None
    steps = [abs(after - before) for before, after in pairwise(back)]
    lost = len(rtts) - len(back)
    return Quality(
        round(_median(back), 2),
        round(sum(steps) / len(steps), 2) if steps else 0.0,
        round(100 * lost / len(rtts), 2),
        lost,
        measured_by,
    )


def route_to(address: str) -> str | None:
    """Our own address on the way to `address`; None when there is no way. Sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((address, 9))
        except OSError:
            return None
        return str(asking.getsockname()[0])


def is_loopback(address: str) -> bool:
    """Whether the controller is this very machine.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("192.0.2.1")
    (True, True, False)
    """
    return address == "::1" or address.startswith("127.")


class Resolver:
    """Looks a name up within a time limit: a dead name server would else hold a probe 10 s."""

    def __init__(
        self,
        host: str,
        timeout_s: float = RESOLVE_TIMEOUT_S,
        lookup: Callable[[str], str] | None = None,
    ) -> None:
        self._host = host
        self._timeout_s = timeout_s
        self._lookup = lookup or _lookup
        self._asking: threading.Thread | None = None
        self._found: str | None = None

    def address(self, *, is_in_use: bool = False) -> str | None:
        """The host's address; None when it cannot be had now. At most one thread asks.

        One that a live connection uses is not asked for again: each minute's question would cost
        more on the wire in a day than all that the agent says (bench/agent).
        """
        if _is_address(self._host):
            return self._host
        if is_in_use and self._found is not None:
            return self._found
        if self._asking is None or not self._asking.is_alive():
            self._found = None
            self._asking = threading.Thread(target=self._ask, name="resolver", daemon=True)
            self._asking.start()
        self._asking.join(self._timeout_s)
        return self._found

    def _ask(self) -> None:
        try:
            self._found = self._lookup(self._host)
        except OSError:
            return


def _lookup(host: str) -> str:
    """The first address the system's resolver gives. Raises OSError."""
    return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])


def _is_address(host: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    except OSError:
        return False
    return True


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _echo(address: str, plan: Plan) -> tuple[float | None, ...]:
    try:
        return echo.burst(address, plan)
    except OSError:
        return ()  # we may not ask, and that is no loss


def _knock(address: str, port: int) -> tuple[float | None, ...]:
    """Times of TCP connections to a port, in ms. That it is refused is an answer as well."""
    return tuple(knock_ms(address, port) for _ in range(KNOCKS))


def knock_ms(address: str, port: int) -> float | None:
    """How long a TCP connection to a port takes, in ms; None when nothing answers."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(KNOCK_TIMEOUT_S)
        start = time.monotonic()
        try:
            line.connect((address, port))
        except ConnectionRefusedError:
            pass
        except OSError:
            return None
        return 1000 * (time.monotonic() - start)
