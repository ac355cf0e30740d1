"""How often an address may fail before it must wait. In memory, bounded, forgotten at a restart.

Only failures count: a hundred kiosks that enrol from behind one address are no attack.
"""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field

LIMIT = 10
WINDOW_S = 60.0
_ADDRESSES = 4096


@dataclass(slots=True)
class Failures:
    """Failures of each address within the last window."""

    _by_address: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def wait_s(self, address: str, now: float) -> float:
        """Seconds this address must wait; 0 when it may try. `now` is monotonic."""
        since, count = self._by_address.get(_network(address), (now, 0))
        return max(0.0, since + WINDOW_S - now) if count >= LIMIT else 0.0

    def add(self, address: str, now: float) -> None:
        """One more failure."""
        key = _network(address)
        since, count = self._by_address.pop(key, (now, 0))
        if now - since >= WINDOW_S:
            since, count = now, 0
        self._by_address[key] = (since, count + 1)
        if len(self._by_address) > _ADDRESSES:
            self._by_address.popitem(last=False)


def _network(address: str) -> str:
    """The address, or for IPv6 its /64: who has one has 2^64.

    >>> _network("2001:db8::1"), _network("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
