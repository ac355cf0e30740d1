"""Loudspeakers: plugged in, not muted, loud enough, and what programs play on."""

from msgspec import Struct

from agent.config import Config
from agent.probe import Probe
from agent.probes import sound
from agent.probes.alsa import Direction
from agent.probes.finding import Finding
from agent.probes.sound import Percent, Way
from agent.settings import settings

KIND = "speakers"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of declared loudspeakers."""

    control: str = ""  # the control that counts, such as Speaker; empty: all of them
    least_percent: Percent = 0.0  # of the control's range; quieter is said
    default: bool = False  # programs must play on it without being told


def probe(config: Config) -> Probe:
    """Reports each declared pair. Raises ConfigError when its settings are wrong."""
    declared = {}
    for item in config.declared(KIND):
        told = settings(item, Settings)
        declared[item.id] = (item, Way(told.control, told.least_percent, told.default))
    return sound.probe(
        KIND,
        Direction.PLAYBACK,
        declared,
        config,
        lambda *_: Finding(),
        config.probes.timeout_s,
    )
