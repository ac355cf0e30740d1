"""What a token may be used for. It narrows what its user may do, and never widens it."""

from collections.abc import Iterable
from enum import StrEnum

from controller.errors import Refused


class Scope(StrEnum):
    """Each covers the calls that name it; the user's own permissions are asked for all the same."""

    READ = "read"  # every token may read what its user may read
    ACT = "act"  # commands and batches
    ALERTS = "alerts"  # acknowledge, note, silence
    CONFIGURE = "configure"  # rules, routes, channels, contacts, what kiosks are called
    ADMIN = "admin"  # users, tokens, enrolment, audit


ALL = frozenset(Scope)


def parse(given: Iterable[str]) -> frozenset[Scope]:
    """The scopes of these names, and READ. Raises Refused naming the first that is none.

    >>> sorted(parse(["act"]))
    [<Scope.ACT: 'act'>, <Scope.READ: 'read'>]
    """
    names = list(given)
    for name in names:
        if name not in tuple(Scope):
            raise Refused(f"scope is {name[:32]!r}, must be one of: {', '.join(Scope)}")
    return frozenset({Scope.READ, *map(Scope, names)})
