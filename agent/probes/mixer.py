"""Whether sound passes through a card, from its controls.

Some controls stand in a row (Master, PCM): one that is off stops all. Others lie beside each other
(Speaker, Headphone): sound passes by any of them.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from agent.probes.alsa import Direction
from agent.probes.controls import Control, Type
from agent.probes.finding import Finding
from contract.health import FactValue, Health

MUTED, VOLUME_ZERO, VOLUME_LOW = "muted", "volume-zero", "volume-low"
_WORD = {Direction.CAPTURE: "Capture", Direction.PLAYBACK: "Playback"}
_IN_A_ROW = ("", "Master", "PCM", "Digital")
#: What a card plays of its own inputs is no way out for the other side's voice.
_INPUTS = ("Mic", "Line", "CD", "Aux", "Loopback", "Sidetone", "Beep", "Input", "Capture")
#: Below this nobody hears anything.
_ZERO_PERCENT = 1.0


class Level(Struct, frozen=True):
    """How sound passes. None: the card has no such control."""

    is_muted: bool | None = None
    volume_percent: float | None = None


def level(controls: Iterable[Control], direction: Direction, only: str = "") -> Level:
    """Of all that stand in the way, or of the control named `only`.

    >>> switches = Control("Mic Capture Switch", Type.BOOLEAN, (0,))
    >>> level([switches], Direction.CAPTURE)
    Level(is_muted=True, volume_percent=None)
    """
    named = [(_place(each, direction), each) for each in controls if _fits(each, direction)]
    if only:
        named = [(place, each) for place, each in named if place == only]
    elif direction is Direction.PLAYBACK:
        named = [(place, each) for place, each in named if not _is_input(place)]
    switches = [(place, 100.0 * any(each.values)) for place, each in named if _is_switch(each)]
    volumes = [(place, each.percent) for place, each in named if not _is_switch(each)]
    passing, loudest = _passes(switches), _passes(volumes)
    return Level(
        None if passing is None else passing == 0,
        None if loudest is None else round(loudest, 1),
    )


def judge(found: Level, least_percent: float = 0.0) -> Finding:
    """What that means for who speaks or listens.

    >>> judge(Level(False, 0.0)).reasons, judge(Level(True, 80.0)).reasons
    (('volume-zero',), ('muted',))
    """
    volume = found.volume_percent
    metrics = {} if volume is None else {"volume_percent": volume}
    facts: dict[str, FactValue] = {} if found.is_muted is None else {"muted": found.is_muted}
    if found.is_muted:
        return Finding(Health.FAILED, (MUTED,), metrics, facts)
    if volume is not None and volume < _ZERO_PERCENT:
        return Finding(Health.FAILED, (VOLUME_ZERO,), metrics, facts)
    if volume is not None and volume < least_percent:
        return Finding(Health.DEGRADED, (VOLUME_LOW,), metrics, facts)
    return Finding(Health.OK, (), metrics, facts)


def _passes(levels: Sequence[tuple[str, float]]) -> float | None:
    """What is left of 100 after all; None without any control."""
    row = [level for place, level in levels if place in _IN_A_ROW]
    beside = [(place, level) for place, level in levels if place not in _IN_A_ROW]
    # Of a card's inputs only the microphones matter, where it has any so called.
    mics = [level for place, level in beside if "Mic" in place]
    ways = mics or [level for _, level in beside]
    both = [*row, *([max(ways)] if ways else [])]
    return min(both, default=None)


def _fits(control: Control, direction: Direction) -> bool:
    kind = "Switch" if _is_switch(control) else "Volume"
    # Index 0: further converters of the same card are not what programs record from.
    return control.index == 0 and control.name.endswith(f"{_WORD[direction]} {kind}")


def _place(control: Control, direction: Direction) -> str:
    """`Mic` of `Mic Capture Switch`."""
    return control.name.rpartition(_WORD[direction])[0].strip()


def _is_input(place: str) -> bool:
    return place != "Line Out" and any(word in place.split() for word in _INPUTS)


def _is_switch(control: Control) -> bool:
    return control.type is Type.BOOLEAN
