"""When things break: faults and dark spells that come and go, drawn from a seed alone.

Time is cut into windows. In each window at most one spell begins and ends, and where and how is a
pure function of seed, kiosk, subject and window: the same run can be had again, and the state at
any instant is found without having lived through what came before.
"""

import random
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much befalls the fleet."""

    NONE = "none"
    SOME = "some"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Windows of `window_s` seconds; in each, with `chance`, one spell of the given lengths."""

    window_s: float
    chance: float
    shortest_s: float
    longest_s: float
    first_s: float = 0.0  # nothing begins before


@dataclass(frozen=True, slots=True)
class Spell:
    """Something lasts from `start` to `end`; `choice`, in 0..1, says which of several things."""

    start: float
    end: float
    choice: float


#: Devices: 2 % of the parts hit each half hour leaves one kiosk in ten in need of a hand.
DEVICES = {
    Level.NONE: Rhythm(1800, 0.0, 120, 1500),
    Level.SOME: Rhythm(1800, 0.02, 120, 1500),
    Level.MANY: Rhythm(1800, 0.2, 60, 1500),
}
#: Citizens: far more often than in the field (1.5 a week), so that a fleet of a hundred shows two.
SESSIONS = {
    Level.NONE: Rhythm(7200, 0.0, 600, 1800),
    Level.SOME: Rhythm(7200, 0.12, 600, 1800),
    Level.MANY: Rhythm(7200, 0.6, 600, 1800),
}
#: The line or the mains. None in the first minutes: a fleet that starts is seen whole once.
DARKNESS = {
    Level.NONE: Rhythm(3600, 0.0, 60, 600),
    Level.SOME: Rhythm(3600, 0.05, 60, 600, first_s=300),
    Level.MANY: Rhythm(3600, 0.4, 30, 600, first_s=300),
}


def spell(rhythm: Rhythm, key: str, now: float) -> Spell | None:
    """The spell that is on at `now`, in seconds of the fleet's clock; None in quiet times.

    >>> always = Rhythm(100, 1.0, 100, 100)
    >>> spell(always, "7/pvp-63003-1/camera", 250.0).start
    200.0
    >>> spell(Rhythm(100, 0.0, 1, 2), "7/pvp-63003-1/camera", 250.0) is None
    True
    """
    found = _drawn(rhythm, key, int(now // rhythm.window_s))
    return found if found is not None and found.start <= now < found.end else None


def next_turn(rhythm: Rhythm, key: str, now: float) -> float:
    """The next instant after `now` when `spell` may answer something else."""
    window = int(now // rhythm.window_s)
    found = _drawn(rhythm, key, window)
    if found is not None and now < found.start:
        return found.start
    if found is not None and now < found.end:
        return found.end
    return (window + 1) * rhythm.window_s


def _drawn(rhythm: Rhythm, key: str, window: int) -> Spell | None:
    if rhythm.chance <= 0:
        return None
    draw = random.Random(f"{key}/{window}")  # noqa: S311 - a schedule, no secret
    if draw.random() >= rhythm.chance:
        return None
    length_s = draw.uniform(rhythm.shortest_s, rhythm.longest_s)
    start = window * rhythm.window_s + draw.uniform(0, rhythm.window_s - length_s)
    if start < rhythm.first_s:
        return None
    return Spell(start, start + length_s, draw.random())
