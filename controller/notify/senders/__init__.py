"""The ways of sending, one file each, and the tuple that lists them.

To add one: a module with `check` and `send` as below, an entry in `models.Channel.Kind`, a line in
`SENDERS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from controller.errors import Refused
from controller.notify.letters import Letter, Way

#: A receiver that does not answer within so many seconds has not taken the message.
LIMIT_S = 10.0


class Undelivered(Exception):  # noqa: N818 - reads as the answer it is
    """Not taken. `is_final`: another try would not change it (a wrong address)."""

    def __init__(self, answer: str, *, is_final: bool = False) -> None:
        super().__init__(answer)
        self.is_final = is_final


class Sender(Protocol):
    """One way. `check` says what is wrong with a channel's settings; `send` takes LIMIT_S at most
    and gives the receiver's answer."""

    def check(self, settings: Mapping[str, Any], *, has_secret: bool) -> dict[str, Any]:
        """The settings, complete. Raises Refused naming field, value and remedy."""

    def check_address(self, address: str) -> None:
        """Raises Refused for an address that this way cannot reach."""

    def send(self, way: Way, letter: Letter) -> str:
        """Raises Undelivered."""


_MODULES = {
    "smtp": "controller.notify.senders.smtp",
    "apprise": "controller.notify.senders.by_apprise",
    "webhook": "controller.notify.senders.webhook",
    "alertmanager": "controller.notify.senders.alertmanager",
}


def sender(kind: str) -> Sender:
    """The way of that kind; imported only when it is used. Raises Refused for an unknown one."""
    if kind not in _MODULES:
        raise Refused(f"kind of channel is {kind[:50]!r}, must be one of: {', '.join(_MODULES)}")
    return cast(Sender, import_module(_MODULES[kind]))


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a channel: its default, and what it must be."""

    name: str
    default: Any
    is_good: Callable[[Any], bool]
    must: str


def checked(settings: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    """All fields with their defaults. Raises Refused for an unknown or a wrong one."""
    known = {field.name for field in fields}
    for name in settings:
        if name not in known:
            raise Refused(
                f"setting {name!r} is unknown, must be one of: {', '.join(sorted(known))}"
            )
    complete = {}
    for field in fields:
        value = settings.get(field.name, field.default)
        if not field.is_good(value):
            raise Refused(f"{field.name} is {value!r}, must be {field.must}")
        complete[field.name] = value
    return complete


def is_text(value: Any) -> bool:
    """Whether it is a text of one line, or none."""
    return isinstance(value, str) and len(value) <= 500 and value.isprintable()


def is_url(value: Any) -> bool:
    """Whether it is an address for HTTP.

    Raises Refused, without repeating it, for one with a name and a password: an address is shown.
    """
    if not is_text(value) or not value.startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    if "@" in parts.netloc:
        raise Refused(
            "url has a name and password in an address, where they are shown: take them out"
        )
    return bool(parts.hostname)
