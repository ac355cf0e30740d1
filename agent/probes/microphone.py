"""Microphones: plugged in, not muted, loud enough, what programs record from; and a loop test."""

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from agent.config import Config, Peripheral
from agent.probe import Context, Probe
from agent.probes import alsa, looptest, sound
from agent.probes.alsa import Card, Direction
from agent.probes.finding import Finding
from agent.probes.rhythm import Rhythm
from agent.probes.sound import Percent, Way
from agent.settings import settings
from contract.health import Health

KIND = "microphone"
_PROC = Path("/proc")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared microphone."""

    control: str = ""  # the control that counts, such as Mic; empty: all of them
    least_percent: Percent = 0.0  # of the control's range; quieter is said
    default: bool = False  # programs must record from it without being told
    loop_test: bool = False  # a tone is played, and must be heard
    play_pcm: str = "default"  # the ALSA PCM that the tone is played on
    record_pcm: str = ""  # that it is recorded from; empty: the microphone's own card


class Loop:
    """The loop test of one microphone, and what it found last."""

    def __init__(self, told: Settings, proc: Path, now: Callable[[], float]) -> None:
        self._told, self._proc, self._now = told, proc, now
        self._rhythm = Rhythm(None)
        self._known = Finding()

    def look(self, card: Card, context: Context, before: tuple[Finding, ...]) -> Finding:
        """Test when it is time to, and answer what is known."""
        if not self._told.loop_test or not self._rhythm.is_due(context, self._now()):
            return self._known
        # Muted or turned down, it need not be asked; held by a program, it must not be disturbed.
        is_fine = all(each.health is not Health.FAILED for each in before)
        if is_fine and not alsa.is_busy(card, self._proc):
            record = self._told.record_pcm or f"plughw:{card.number}"
            self._known = looptest.run(self._told.play_pcm, record)
        return self._known


def probe(config: Config, proc: Path = _PROC, now: Callable[[], float] = time.monotonic) -> Probe:
    """Reports each declared microphone. Raises ConfigError when its settings are wrong."""
    told = {item.id: (item, settings(item, Settings)) for item in config.declared(KIND)}
    loops = {name: Loop(wanted, proc, now) for name, (_, wanted) in told.items()}
    declared = {
        name: (item, Way(wanted.control, wanted.least_percent, wanted.default))
        for name, (item, wanted) in told.items()
    }

    def closer(
        item: Peripheral, card: Card, context: Context, before: tuple[Finding, ...]
    ) -> Finding:
        return loops[item.id].look(card, context, before)

    tests = sum(wanted.loop_test for _, wanted in told.values())
    timeout_s = config.probes.timeout_s + tests * looptest.LIMIT_S
    return sound.probe(KIND, Direction.CAPTURE, declared, config, closer, timeout_s)
