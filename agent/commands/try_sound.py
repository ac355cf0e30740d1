"""`test-sound`: plays a tone and listens for it; what was heard is judged here and kept nowhere."""

from collections.abc import Mapping
from pathlib import Path

import pyudev
from msgspec import Struct

from agent.commands import Work, verdicts
from agent.commands.errand import End, Errand, Job, named, nobody_knows
from agent.commands.scene import Scene
from agent.config import Config, Peripheral
from agent.probes import alsa, looptest, microphone
from agent.probes.alsa import Card, Direction
from agent.probes.finding import Finding
from agent.probes.microphone import Settings
from agent.probes.plugged import NOT_CONNECTED
from agent.settings import settings
from contract.health import Health

NAME = "test-sound"
BUSY = "device-busy"
_PROGRAMS = (Path("/usr/bin/arecord"), Path("/usr/bin/aplay"))
_PROC = Path("/proc")


class Ends(Struct, frozen=True):
    """What the tone is played on and recorded from: ALSA's PCMs, and the declared devices."""

    play: str
    record: str
    cards: tuple[Card, ...] = ()


class SoundTest:
    """`environ` is for ALSA's programs."""

    def __init__(self, environ: Mapping[str, str] | None = None, proc: Path = _PROC) -> None:
        self._environ, self._proc = environ, proc

    def run(self, job: Job) -> End:
        """One tone for each device; without one named, for each microphone and handset."""
        items = job.items
        if getattr(job.args, "device", None) is None:
            ears = tuple(item for item in items if item.kind != "speakers")
            items = ears or items
        found: dict[str, Finding] = {}
        cards = alsa.read(pyudev.Context())
        for number, item in enumerate(items):
            job.step(100 * number // len(items), f"playing a tone for {item.id}")
            ends = way(job.config, item, cards)
            found[item.id] = self._play(ends) if isinstance(ends, Ends) else ends
        return verdicts.end(found)

    def _play(self, ends: Ends) -> Finding:
        if any(alsa.is_busy(card, self._proc) for card in ends.cards):
            return Finding(Health.UNKNOWN, (BUSY,))
        return looptest.run(ends.play, ends.record, self._environ)


def way(config: Config, item: Peripheral, cards: tuple[Card, ...]) -> Ends | Finding:
    """How a tone goes through a device; a Finding when it cannot.

    A microphone hears what it is declared to hear. Loudspeakers are heard by the first microphone,
    a handset's earpiece by its own mouthpiece.
    """
    if item.kind == microphone.KIND:
        return _ear(config, item, cards)
    mouth = _card(config, item, cards, Direction.PLAYBACK)
    if mouth is None:
        return Finding(Health.MISSING, (NOT_CONNECTED,))
    play = f"plughw:{mouth.number}"
    if item.kind == "handset":
        if Direction.CAPTURE not in mouth.directions:
            return Finding(Health.UNKNOWN, ("not-measured",), {}, {"needs": "a mouthpiece"})
        return Ends(play, play, (mouth,))
    ears = config.declared(microphone.KIND)
    if not ears:
        return Finding(Health.UNKNOWN, ("not-measured",), {}, {"needs": "a microphone"})
    ear = _ear(config, ears[0], cards)
    return ear if isinstance(ear, Finding) else Ends(play, ear.record, (mouth, *ear.cards))


def hindrance(scene: Scene, args: Struct) -> str:
    """The programs that play and record; and who should hear it."""
    missing = [path for path in _PROGRAMS if not path.exists()]
    if missing:
        return verdicts.lacking("install alsa-utils")
    items = named(scene, NAME, args)
    is_mute = all(item.kind == "speakers" for item in items)
    if is_mute and not scene.config.declared(microphone.KIND):
        return verdicts.lacking("declare a microphone that hears these speakers")
    return ""


def resume(_job: Job) -> End:
    """A tone leaves nothing behind: it is not worth giving late."""
    return nobody_knows()


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, SoundTest().run, resume, hindrance)


def _ear(config: Config, item: Peripheral, cards: tuple[Card, ...]) -> Ends | Finding:
    told = settings(item, Settings)
    card = _card(config, item, cards, Direction.CAPTURE)
    if card is None and not told.record_pcm:
        return Finding(Health.MISSING, (NOT_CONNECTED,))
    record = told.record_pcm or f"plughw:{card.number}" if card else told.record_pcm
    return Ends(told.play_pcm, record, (card,) if card else ())


def _card(
    config: Config, item: Peripheral, cards: tuple[Card, ...], direction: Direction
) -> Card | None:
    return alsa.pair(config.declared(item.kind), cards, direction)[item.id][0]
