"""What is known of one camera between runs, and when it is looked at more closely.

It is opened only while nobody holds it and no citizen is there; what was found last stays.
"""

import errno
from collections.abc import Callable, Collection

from msgspec import Struct

from agent.config import Peripheral
from agent.probe import Context
from agent.probes import looking, picture, v4l2
from agent.probes.finding import Finding, unmeasured
from agent.probes.holders import Holder
from agent.probes.looking import Look
from agent.probes.plugged import Plugged
from agent.probes.rhythm import Rhythm
from agent.probes.v4l2 import Description
from contract.health import FactValue, Health

NO_FORMAT, NO_CAPTURE = "no-format", "no-capture"
BUSY, CANNOT_OPEN, DENIED = "device-busy", "cannot-open", "access-denied"
#: A camera whose picture was bad is looked at again this soon.
_DOUBT_S = 300.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one camera. `look`: whether it may be opened at all. `every_s`: how often a picture is
    judged, 0: only before opening and when asked. `limit_s`: how long it may take to stream.
    `busy_after_s`: held so long outside of a session, it is said. `may_hold`: programs, by comma,
    that may always.
    """

    look: bool = True
    every_s: float = 1800.0
    limit_s: float = 8.0
    busy_after_s: float = 300.0
    may_hold: str = ""


class Means(Struct, frozen=True):
    """What an eye sees with: who holds a node, a look through it, the monotonic clock."""

    who: Callable[[Collection[str]], Holder | None]
    look: Callable[[str, float], Look]
    clock: Callable[[], float]


class Eye:
    """On one declared camera."""

    def __init__(self, item: Peripheral, told: Settings, means: Means) -> None:
        self._item, self._told, self._means = item, told, means
        self._rhythm = Rhythm(told.every_s or None)
        self._allowed = {name.strip() for name in told.may_hold.split(",")}
        self._held_since: float | None = None
        self._forget(None)

    @property
    def longest_s(self) -> float:
        """How long `see` may take."""
        return self._told.limit_s + looking.START_S if self._told.look else 0.0

    def see(self, one: Plugged | None, context: Context) -> tuple[Finding, ...]:
        """What is known, beside that it is there."""
        if one is None or not self._told.look:
            self._forget(None)
            return ()
        if one != self._one:
            self._forget(one)
        if context.in_session:  # it is in use, as it should be
            self._held_since = None
            return (self._described, self._seen)
        holder = self._means.who((one.path, *one.links))
        if holder is not None:
            return (self._described, self._seen, self._busy(holder))
        self._held_since = None
        self._look(one, context)
        return (self._described, self._seen)

    def _forget(self, one: Plugged | None) -> None:
        """Another one, or replugged: nothing is known of it."""
        self._one = one
        self._described, self._seen = Finding(), Finding()
        self._is_described = False
        self._held_since = None
        self._seen_at = float("-inf")

    def _busy(self, holder: Holder) -> Finding:
        now = self._means.clock()
        if self._held_since is None:
            self._held_since = now
        is_long = now - self._held_since >= self._told.busy_after_s
        if not is_long or holder.program in self._allowed:
            return Finding()
        return Finding(Health.DEGRADED, (BUSY,), {}, {"held_by": holder.program[:64]})

    def _look(self, one: Plugged, context: Context) -> None:
        if not self._is_described:
            self._described, self._is_described = describe(one.path)
        if self._described.health is not Health.OK:
            return
        now = self._means.clock()
        is_due = self._rhythm.is_due(context, now)
        is_doubt = self._seen.health is not Health.OK and now >= self._seen_at + _DOUBT_S
        is_first = self._seen_at == float("-inf") and self._told.every_s > 0
        if is_due or is_doubt or is_first:
            found = judge(self._means.look(one.path, self._told.limit_s), is_open=context.is_open)
            self._seen_at = now
            if found is not None:
                self._seen = found


def describe(path: str) -> tuple[Finding, bool]:
    """What the driver says, and whether that is settled: else it is to be asked again."""
    try:
        found = describes(v4l2.describe(path))
    except OSError as err:
        return _not_opened(err.errno), False
    return found, found.health is Health.OK


def describes(node: Description) -> Finding:
    """A node that gives no picture, or in no format, is no camera."""
    facts: dict[str, FactValue] = {"driver": node.driver, "card": node.card}
    if node.formats:
        facts["formats"] = " ".join(node.formats)[:256]
    if not node.does_capture:
        return Finding(Health.FAILED, (NO_CAPTURE,), {}, facts)
    if not node.formats:
        return Finding(Health.FAILED, (NO_FORMAT,), {}, facts)
    return Finding(facts=facts)


def judge(seen: Look, *, is_open: bool) -> Finding | None:
    """What a look means; None when somebody took the camera just then, which means nothing."""
    if seen.is_busy:
        return None
    if seen.measured is not None:
        found = picture.judge(seen.measured, is_open=is_open)
        return Finding(found.health, found.reasons, found.metrics, {"format": seen.form})
    if seen.error == 0:
        return unmeasured()
    if seen.error is not None:
        return _not_opened(seen.error)
    return Finding(Health.FAILED, (picture.NO_FRAMES,), {}, {"trouble": seen.trouble[:200]})


def _not_opened(error: int | None) -> Finding:
    if error in (errno.EACCES, errno.EPERM):
        return Finding(Health.UNKNOWN, (DENIED,))
    facts: dict[str, FactValue] = {"error": errno.errorcode.get(error or 0, str(error))}
    return Finding(Health.FAILED, (CANNOT_OPEN,), {}, facts)
