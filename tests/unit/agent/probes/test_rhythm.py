"""When a probe looks closer."""

from msgspec.structs import replace

from agent.config import Config
from agent.probe import Context
from agent.probes.rhythm import AHEAD_S, Rhythm

OPEN = Context(Config.unenrolled(), "boot", None)
NIGHT = replace(OPEN, is_open=False, opens_in_s=8 * 3600.0)
SOON = replace(OPEN, is_open=False, opens_in_s=AHEAD_S)


def test_it_looks_first_at_once_and_then_every_period() -> None:
    rhythm = Rhythm(600.0)
    looks = [rhythm.is_due(OPEN, now) for now in (0.0, 300.0, 600.0, 900.0)]
    assert looks == [True, False, True, False]


def test_it_looks_once_before_opening() -> None:
    rhythm = Rhythm(None)
    looks = [rhythm.is_due(each, 0.0) for each in (NIGHT, SOON, SOON, OPEN, NIGHT, SOON)]
    assert looks == [False, True, False, False, False, True]


def test_it_never_looks_in_a_session_and_makes_up_for_it_afterwards() -> None:
    rhythm = Rhythm(None)
    looks = [rhythm.is_due(replace(SOON, in_session=busy), 0.0) for busy in (True, False)]
    assert looks == [False, True]


def test_it_looks_when_asked() -> None:
    assert Rhythm(None).is_due(replace(OPEN, is_deep=True), 0.0)
