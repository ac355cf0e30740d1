"""Microphones: there, not muted, turned up, in use by default; and, where wanted, really hearing.

The loop test plays a short tone and listens for it (agent/children/tone.py), before opening and
when asked. It is heard in the room, so it is made only where `loop_test` says so.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from agent import program
from agent.config import Config, Peripheral
from agent.errors import ProgramError
from agent.probe import Context, Probe
from agent.probes import sound
from agent.probes.alsa import Card, Direction
from agent.probes.finding import Finding
from agent.probes.rhythm import Rhythm
from agent.probes.sound import NOT_MEASURED, Percent, Way
from agent.settings import settings
from contract.health import Health

KIND = "microphone"
#: A tone that is heard stands so far above what else there is at its pitch.
HEARD_DB = 10.0
_LIMIT_S = 8.0
#: Where the programs of ALSA are told of its PCMs, when it is not where it usually is.
_PCMS = "ALSA_CONFIG_PATH"
_TONE = Path(__file__).parent.parent / "children" / "tone.py"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared microphone.

    `listen_on` and `play_on` are PCM names of ALSA, for the loop test; `listen_on` empty is the
    microphone's own card.
    """

    control: str = ""  # the control that counts, such as Mic; empty: all of them
    least_percent: Percent = 0.0  # of the control's range; quieter is said
    default: bool = False  # programs must record from it without being told
    loop_test: bool = False
    listen_on: str = ""
    play_on: str = "default"
    heard_db: Annotated[float, Meta(ge=3, le=60)] = HEARD_DB


class LoopTest:
    """What was last found by playing a tone; nothing where no tone is wanted."""

    def __init__(self, told: Settings) -> None:
        self._told = told
        self._rhythm = Rhythm(None)
        self._known = Finding()

    def finding(self, card: Card, context: Context, *, is_open: bool) -> Finding:
        """The last one, made anew when it is due. `is_open`: sound passes the card at all."""
        if self._told.loop_test and is_open and self._rhythm.is_due(context, time.monotonic()):
            listen_on = self._told.listen_on or f"plughw:{card.number}"
            try:
                self._known = judge(play(self._told.play_on, listen_on), self._told.heard_db)
            except ProgramError as err:
                self._known = _unmeasured(str(err))
        return self._known


def probe(config: Config) -> Probe:
    """Reports each declared microphone. Raises ConfigError when its settings are wrong."""
    declared, tests = {}, {}
    for item in config.declared(KIND):
        told = settings(item, Settings)
        declared[item.id] = (item, Way(told.control, told.least_percent, told.default))
        tests[item.id] = LoopTest(told)

    def closer(
        item: Peripheral, card: Card, context: Context, first: tuple[Finding, ...]
    ) -> Finding:
        is_open = all(each.health is Health.OK for each in first)
        return tests[item.id].finding(card, context, is_open=is_open)

    limit_s = config.probes.timeout_s + 2 * _LIMIT_S * len(declared)
    return sound.probe(KIND, Direction.CAPTURE, declared, config, closer, limit_s)


def play(play_on: str, listen_on: str) -> Mapping[str, Any]:
    """What the child heard of its tone. Raises ProgramError when it did not end."""
    environ = {_PCMS: os.environ[_PCMS]} if _PCMS in os.environ else {}
    command = [sys.executable, "-I", str(_TONE), play_on, listen_on]
    done = program.run(command, _LIMIT_S, environ=environ)
    try:
        heard: Mapping[str, Any] = json.loads(done.out)
    except ValueError as err:
        raise ProgramError(f"{_TONE.name} said no JSON: {done.err.strip()[-200:]}") from err
    return heard


def judge(heard: Mapping[str, Any], heard_db: float) -> Finding:
    """Whether the tone came through.

    >>> judge({"tone_db": 2.0}, 10.0).reasons, judge({"tone_db": 31.5}, 10.0).reasons
    (('silent',), ())
    """
    if heard.get("error"):
        return _unmeasured(str(heard["error"]))
    tone_db = float(heard["tone_db"])
    if tone_db < heard_db:
        return Finding(Health.FAILED, ("silent",), {"loop_tone_db": tone_db})
    return Finding(metrics={"loop_tone_db": tone_db})


def _unmeasured(trouble: str) -> Finding:
    return Finding(Health.UNKNOWN, (NOT_MEASURED,), {}, {"trouble": trouble[:128]})
