"""Guessing slowed down, by the audit's own account of what failed.

Three limits, each over what it names:

- a name from an address: too many, and that pair has to wait;
- an address, whatever names it tries; of IPv6 its /64, which is what one customer gets;
- a name, whatever the address: only for addresses from which that name has not logged in lately,
  so that nobody can shut a technician out from afar.

A right second factor is asked under the same limits. An API token is never made to wait: nobody
guesses 256 bits; only the noise of wrong ones is bounded.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.accounts.audit import record
from controller.accounts.models import AuditEntry
from controller.text import printable

FAILED = "login.failed"
THROTTLED = "login.throttled"
TOKEN_FAILED = "token.failed"  # noqa: S105 - the name of a deed
KNOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures within the window, and one has to wait until the oldest leaves it."""

    failures: int
    window: timedelta


PAIR = Limit(10, timedelta(minutes=10))
NETWORK = Limit(50, timedelta(minutes=10))
NAME = Limit(100, timedelta(hours=1))
TOKENS = Limit(20, timedelta(minutes=10))


def wait(name: str, address: str, now: datetime) -> timedelta:
    """How long this name must not try again from this address; zero when it may."""
    name, network = printable(name)[:150], network_of(address)
    waits = [
        _left(PAIR, now, action=FAILED, subject=name, details__network=network),
        _left(NETWORK, now, action=FAILED, details__network=network),
    ]
    by_name = _left(NAME, now, action=FAILED, subject=name)
    if by_name and not _is_known(name, network, now):
        waits.append(by_name)
    return max(waits)


def fail(name: str, address: str, user_agent: str = "") -> None:
    """Note a login that failed."""
    record(
        action=FAILED,
        subject=name,
        actor="anonymous",
        address=address,
        details={"network": network_of(address), "browser": user_agent[:200]},
    )


def note_wait(name: str, address: str, now: datetime) -> None:
    """Say in the audit that a name had to wait: once a window, however often it tries."""
    name, network = printable(name)[:150], network_of(address)
    said = AuditEntry.objects.filter(
        action=THROTTLED, subject=name, details__network=network, at__gt=now - PAIR.window
    )
    if not said.exists():
        record(
            action=THROTTLED,
            subject=name,
            actor="anonymous",
            address=address,
            details={"network": network},
        )


def token_failed(address: str, now: datetime) -> timedelta:
    """Note a wrong API token. How long this address gets no other answer than to wait."""
    network = network_of(address)
    left = _left(TOKENS, now, action=TOKEN_FAILED, details__network=network)
    if not left:
        record(
            action=TOKEN_FAILED,
            subject=network,
            actor="anonymous",
            address=address,
            details={"network": network},
        )
    return left


def network_of(address: str) -> str:
    """The address, or of IPv6 its /64.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3::4"), network_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::/64', '192.0.2.7')
    >>> network_of("testserver")
    'testserver'
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _left(limit: Limit, now: datetime, **which: str) -> timedelta:
    failures = AuditEntry.objects.filter(at__gt=now - limit.window, **which)
    latest_first = list(failures.values_list("at", flat=True)[: limit.failures])
    if len(latest_first) < limit.failures:
        return timedelta()
    return latest_first[-1] + limit.window - now


def _is_known(name: str, network: str, now: datetime) -> bool:
    logins = AuditEntry.objects.filter(
        action="login", subject=name, details__network=network, at__gt=now - KNOWN_FOR
    )
    return logins.exists()
