"""The handset: plugged in; and while it is lifted, the loudspeakers must say nothing.

That is for the citizen's confidentiality, and matters in a session above all: so it is looked at
then too. Neither the cradle nor a card's switches are sound: nothing is heard or played.
"""

from collections.abc import Sequence
from typing import Annotated

import pyudev
from msgspec import Meta, Struct

from agent.config import Config, Peripheral
from agent.probe import Context, Probe
from agent.probes import alsa, hook, plugged, sound, speakers
from agent.probes.alsa import Card, Direction
from agent.probes.finding import NOT_MEASURED, Finding, add, unmeasured
from agent.probes.hook import Hook
from agent.probes.mixer import MUTED, VOLUME_ZERO
from agent.probes.plugged import Plugged
from agent.probes.sound import Way
from agent.settings import settings
from contract.health import DeviceState, Health

KIND = "handset"
NOT_CONFIDENTIAL = "not-confidential"
_PERIOD_S = 60.0
#: With a cradle that is looked at: a word too many can be overheard every second.
_HOOK_PERIOD_S = 10.0

Code = Annotated[int, Meta(ge=0, le=767)]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared handset. Without a switch or key its cradle is not looked at."""

    hook_switch: Code | None = None  # SW_* of input-event-codes.h
    hook_key: Code | None = None  # KEY_*, such as 169 (KEY_PHONE)
    hook_input: str = ""  # the input device's name; empty: one of the handset's own USB device
    lifted: bool = True  # whether the switch or key is on while it is lifted
    mutes_speakers: bool = False  # the declared speakers must then be muted

    @property
    def hook(self) -> Hook | None:
        """What tells whether it is lifted."""
        if self.hook_switch is not None:
            return Hook(self.hook_switch, False, self.lifted)
        return None if self.hook_key is None else Hook(self.hook_key, True, self.lifted)


def probe(config: Config) -> Probe:
    """Reports each declared handset. Raises ConfigError when its settings are wrong."""
    declared = [(item, settings(item, Settings)) for item in config.declared(KIND)]
    loud = [
        (item, Way(settings(item, speakers.Settings).control))
        for item in config.declared(speakers.KIND)
    ]
    udev = pyudev.Context()

    def run(_context: Context) -> tuple[DeviceState, ...]:
        cards = alsa.read(udev)
        pairs = plugged.pair([item for item, _ in declared], _plugs(udev, cards))
        states = []
        for item, told in declared:
            plug, oddity = pairs[item.id]
            state = plugged.presence(item, plug, oddity)
            if plug is not None and told.hook is not None:
                lifted = _lifted(udev, told, told.hook, plug)
                spoken = _audible(loud, cards) if told.mutes_speakers else ()
                state = add(state, judge(lifted, spoken))
            states.append(state)
        return tuple(states)

    period_s = _HOOK_PERIOD_S if any(told.hook for _, told in declared) else _PERIOD_S
    return Probe(KIND, config.probes.period_s(KIND, period_s), config.probes.timeout_s, run)


def judge(lifted: bool | None, audible: Sequence[bool | None]) -> Finding:
    """What follows from the cradle (None: it cannot be asked), and each pair of loudspeakers.

    >>> judge(True, [False, True]).reasons
    ('not-confidential',)
    >>> judge(False, [True]).reasons, judge(True, [False]).reasons
    ((), ())
    """
    if lifted is None:
        return unmeasured(trouble="no cradle to ask")
    facts = {"off_hook": lifted}
    if lifted and any(audible):
        return Finding(Health.FAILED, (NOT_CONFIDENTIAL,), {}, facts)
    if lifted and None in audible:
        return unmeasured(**facts)
    return Finding(Health.OK, (), {}, facts)


def _plugs(udev: pyudev.Context, cards: Sequence[Card]) -> tuple[Plugged, ...]:
    """Its sound card, or else any input device: some handsets are but a cradle on a wire."""
    found = {card.plug.port or card.plug.path: card.plug for card in cards}
    inputs = plugged.find(udev, "input", lambda device: device.sys_name.startswith("event"))
    for plug in inputs:
        found.setdefault(plug.port or plug.path, plug)
    return tuple(found.values())


def _lifted(udev: pyudev.Context, told: Settings, cradle: Hook, plug: Plugged) -> bool | None:
    node = hook.find(udev, told.hook_input, plug.port)
    if node is None:
        return None
    try:
        return hook.is_lifted(node, cradle)
    except OSError:
        return None


def _audible(loud: Sequence[tuple[Peripheral, Way]], cards: Sequence[Card]) -> list[bool | None]:
    """For each pair of loudspeakers that is there, whether it can be heard; None: not known."""
    pairs = alsa.pair([item for item, _ in loud], cards, Direction.PLAYBACK)
    there = [(pairs[item.id][0], way) for item, way in loud]
    found = [sound.heard(card, Direction.PLAYBACK, way) for card, way in there if card is not None]
    return [
        None if NOT_MEASURED in each.reasons else not {MUTED, VOLUME_ZERO} & set(each.reasons)
        for each in found
    ]
