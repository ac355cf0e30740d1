"""What the controller asks of Salt: one port, with a real master or a simulated one behind it.

A job's id is chosen by us and kept before the job is given: given again with the same id, a minion
does it once (it remembers the ids it was given), so nobody need know whether the first try arrived.

PortError
├── Unreachable   nobody answers, or not in time: try again later
├── Denied        who we are, or what we ask, is not allowed by the master
└── Misunderstood what came back is nothing we know
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from controller.errors import VigieError


class PortError(VigieError):
    """Salt did not do as asked."""


class Unreachable(PortError):  # noqa: N818 - reads as the answer it is
    """Nobody answers, or not in time."""


class Denied(PortError):  # noqa: N818 - reads as the answer it is
    """Not allowed by the master."""


class Misunderstood(PortError):  # noqa: N818 - reads as the answer it is
    """What came back is nothing we know."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call to some minions. `id`: 20 digits, from `new_jid`."""

    id: str
    function: str  # "state.apply", "test.ping", ...
    kiosks: tuple[str, ...]
    args: tuple[str, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)  # saltenv, test, ...


@dataclass(frozen=True, slots=True)
class Return:
    """What one minion gave back. `body` is whatever its function returns."""

    jid: str
    kiosk: str
    function: str
    retcode: int
    has_succeeded: bool
    body: Any


class Port(Protocol):
    """Safe to call from several threads. Each call raises PortError."""

    def submit(self, job: Job) -> frozenset[str]:
        """Give a job; answers the kiosks whose keys the master has. The others never get it."""

    def returns(self, jid: str) -> tuple[Return, ...]:
        """What the master has received for a job so far; nothing for a job it does not know."""

    def running(self, jid: str, kiosks: Collection[str], wait_s: float) -> frozenset[str]:
        """Which of the kiosks say within `wait_s` that they are at this job still."""

    def cached(self, jid: str, kiosks: Collection[str], wait_s: float) -> tuple[Return, ...]:
        """Returns that the minions kept, of those that answer: a master that was down lost them."""

    def accept(self, kiosk: str, public_key: str) -> None:
        """Lay a minion's public key (PEM) on the master, in place of any it had."""

    def remove(self, kiosk: str) -> None:
        """Take a minion's key off the master; no word when there is none."""

    def follow(self, heard: Callable[[Return], None], is_over: Callable[[], bool]) -> None:
        """Call `heard` for each return as it comes, until `is_over`; raises when the line is cut.

        The same return may be heard again. What came while nobody listened is not heard.
        """


def new_jid(at: datetime) -> str:
    """A job's id as Salt forms them: the time in UTC, to the microsecond.

    >>> new_jid(datetime(2026, 12, 1, 8, 30, tzinfo=UTC))
    '20261201083000000000'
    """
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S%f}"
