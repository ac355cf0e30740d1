"""A visit, as held camera and microphone tell it: when it began, when it ended. Pure.

A hold shorter than `min_s` was a test, or a page loading; one let go for less than `gap_s` was a
line that broke and came back.
"""

from msgspec import Struct
from msgspec.structs import replace

#: An agent that was away for longer cannot know whether it is still the same visit.
_AWAY_S = 120.0


class Moment(Struct, frozen=True):
    """Now. `uptime_s` counts from the boot named, so it means nothing in another."""

    boot_id: str
    uptime_s: float
    at: str  # ISO 8601, UTC


class Hold(Struct, frozen=True):
    """Held since `began`, and last seen to be at `seen_s`."""

    began: Moment
    seen_s: float
    is_visit: bool = False

    @property
    def lasted_s(self) -> float:
        """As far as was seen."""
        return max(0.0, self.seen_s - self.began.uptime_s)


class Past(Struct, frozen=True):
    """A visit that is over. `is_cut_short`: its end was not seen, it lasted at least so long."""

    began_at: str
    duration_s: float
    is_cut_short: bool = False


class Memory(Struct, frozen=True):
    """What is kept across a restart of the agent or of the machine."""

    hold: Hold | None = None
    past: Past | None = None

    @property
    def in_session(self) -> bool:
        """Whether somebody is there."""
        return self.hold is not None and self.hold.is_visit


def step(memory: Memory, now: Moment, *, is_held: bool, min_s: float, gap_s: float) -> Memory:
    """What is known after one look."""
    memory = _without_lost(memory, now, gap_s)
    hold = memory.hold
    if is_held:
        hold = replace(hold or Hold(now, now.uptime_s), seen_s=now.uptime_s)
        is_visit = hold.is_visit or hold.lasted_s >= min_s
        return replace(memory, hold=replace(hold, is_visit=is_visit))
    if hold is None:
        return memory
    if not hold.is_visit:
        return replace(memory, hold=None)
    if now.uptime_s - hold.seen_s >= gap_s:
        return Memory(None, Past(hold.began.at, hold.lasted_s))
    return memory


def _without_lost(memory: Memory, now: Moment, gap_s: float) -> Memory:
    """A hold of another boot, or from before a long absence of ours, is over."""
    hold = memory.hold
    if hold is None:
        return memory
    is_same = hold.began.boot_id == now.boot_id
    if is_same and now.uptime_s - hold.seen_s <= max(_AWAY_S, 2 * gap_s):
        return memory
    past = Past(hold.began.at, hold.lasted_s, is_cut_short=True) if hold.is_visit else memory.past
    return Memory(None, past)
