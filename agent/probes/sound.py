"""What microphone and loudspeakers have in common: a card, and the way of sound through it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pyudev
from msgspec import Meta, Struct

from agent.config import Config, Peripheral
from agent.probe import Context, Probe
from agent.probes import alsa, controls, default_card, mixer, plugged
from agent.probes.alsa import Card, Direction
from agent.probes.finding import Finding, add, unmeasured
from contract.health import DeviceState

PERIOD_S = 60.0

Percent = Annotated[float, Meta(ge=0, le=100)]
#: A closer look at one card, given its other findings.
Closer = Callable[[Peripheral, Card, Context, tuple[Finding, ...]], Finding]


class Way(Struct, frozen=True):
    """What a declaration says of how sound goes through its card."""

    control: str = ""  # the one that counts, such as Speaker; empty: all of them
    least_percent: float = 0.0
    must_be_default: bool = False


def probe(
    kind: str,
    direction: Direction,
    declared: dict[str, tuple[Peripheral, Way]],
    config: Config,
    closer: Closer,
    timeout_s: float,
) -> Probe:
    """Reports each declared microphone or pair of loudspeakers."""
    udev = pyudev.Context()
    items = [item for item, _ in declared.values()]
    known: dict[str, tuple[Finding, ...]] = {}

    def run(context: Context) -> tuple[DeviceState, ...]:
        states = []
        pairs = alsa.pair(items, alsa.read(udev), direction)
        for item, way in declared.values():
            card, (plug, oddity) = pairs[item.id]
            state = plugged.presence(item, plug, oddity)
            if card is None:
                known.pop(item.id, None)
            elif not context.in_session:
                first = look(card, direction, way)
                known[item.id] = (*first, closer(item, card, context, first))
            findings = known.get(item.id, ())
            if card is not None and not findings:  # plugged in while a citizen is there
                findings = (unmeasured(),)
            states.append(add(state, *findings))
        return tuple(states)

    return Probe(kind, config.probes.period_s(kind, PERIOD_S), timeout_s, run)


def look(card: Card, direction: Direction, way: Way) -> tuple[Finding, ...]:
    """Whether sound passes through a card, and whether programs use it by default."""
    found = heard(card, direction, way)
    if not way.must_be_default:
        return (found,)
    return found, default_card.judge(card, default_card.read())


def heard(card: Card, direction: Direction, way: Way) -> Finding:
    """Whether sound passes through a card."""
    try:
        found = controls.read(Path(card.plug.path))
    except OSError as err:
        trouble = f"{card.plug.path}: {err.strerror}"
        return unmeasured(trouble=trouble[:128])
    return mixer.judge(mixer.level(found, direction, way.control), way.least_percent)
