"""Lines and mains that fail: what the other_end hears of it."""

from pathlib import Path

import pytest

from simulator.kiosk import begin, furnish, step
from simulator.schedule import Level
from tests.peer.authority import Authority
from tests.peer.broker import Broker
from tests.peer.other_end import OtherEnd
from tests.peer.simulator.running import Fleet

KIOSK = "pvp-63003-1"
#: The half hour in which darkness must begin and end passes in six seconds.
SPEED, WITHIN_S = 300, 1800.0


def seed_with_one_dark(*, of_the_mains: bool) -> int:
    """A seed whose kiosk is in the dark once in the first half hour."""
    return next(seed for seed in range(1000) if _darks(seed) == [of_the_mains])


def _darks(seed: int) -> list[bool]:
    """Of each darkness that is over in time: is it the mains? None is left open."""
    kiosk = furnish(KIOSK, "pvp", seed, Level.MANY, run="2026-01-01T00:00:00")
    states = [begin(kiosk, 0.0)]
    while states[-1].turn_at < 2 * WITHIN_S:
        states.append(step(kiosk, states[-1], states[-1].turn_at))
    spells = {state.dark for state in states if state.dark is not None}
    if any(spell.end > WITHIN_S for spell in spells):
        return []
    return [spell.choice < 0.5 for spell in spells]


@pytest.mark.parametrize("of_the_mains", [True, False], ids=["mains", "line"])
def test_the_last_will_tells_of_the_dark_and_nothing_said_in_it_is_lost(
    tmp_path: Path, authority: Authority, broker: Broker, other_end: OtherEnd, of_the_mains: bool
) -> None:
    fleet = Fleet(tmp_path / "fleet", authority, broker.port, KIOSK)
    seed = seed_with_one_dark(of_the_mains=of_the_mains)
    fleet.start("--faults", "many", "--speed", str(SPEED), "--seed", str(seed), "--will-delay", "0")
    other_end.wait(lambda heard: len(heard.presences()) == 3)
    assert fleet.stop() == 0
    other_end.wait(lambda heard: len(heard.presences()) == 4)

    born, lost, back, left = other_end.presences()
    assert [born.reason, lost.reason, back.reason] == ["connected", "lost", "connected"]
    assert left.reason == "stopping"
    assert not lost.is_online
    assert lost.session == born.session != back.session
    assert (back.boot_id != born.boot_id) == of_the_mains
    seqs = {report.seq for report in other_end.reports()}
    assert seqs == set(range(1, max(seqs) + 1))
