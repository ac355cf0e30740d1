"""What a route must be: who is told, and who next when nobody takes it up."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from controller.alerts.rules import Key, Seconds
from controller.errors import Refused

#: The route of every rule that names no other.
DEFAULT = "default"


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to tell, so long after the alert fired."""

    after_s: Seconds
    contacts: tuple[Key, ...]


def parse_steps(route: str, given: Sequence[Any]) -> list[dict[str, Any]]:
    """The steps in plain values, the soonest first. Raises Refused naming step and remedy."""
    found = []
    for number, one in enumerate(given, start=1):
        try:
            found.append(msgspec.convert(one, Step))
        except msgspec.ValidationError as err:
            raise Refused(f"step {number} of route {route!r}: {err}") from err
        if not found[-1].contacts:
            raise Refused(f"step {number} of route {route!r} has no contacts: name whom to tell")
    times = [step.after_s for step in found]
    if len(set(times)) != len(times):
        raise Refused(f"route {route!r} has two steps at the same after_s: join their contacts")
    steps: list[dict[str, Any]] = msgspec.to_builtins(sorted(found, key=lambda it: it.after_s))
    return steps


def require_key(key: str) -> None:
    """Raises Refused for what may not name a route."""
    try:
        msgspec.convert(key, Key)
    except msgspec.ValidationError as err:
        remedy = "lower-case letters, digits and hyphens, a letter first"
        raise Refused(f"key of the route is {key[:64]!r}, must be {remedy}") from err
