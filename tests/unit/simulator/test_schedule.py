"""Faults that come and go by a seed."""

import pytest

from simulator.schedule import Rhythm, next_turn, spell

RHYTHM = Rhythm(window_s=100, chance=0.5, shortest_s=10, longest_s=60)
KEY = "7/pvp-63003-1/printer"


def spells(rhythm: Rhythm, until: float, key: str = KEY) -> list[tuple[float, float]]:
    """Every spell met by following the turns."""
    met: list[tuple[float, float]] = []
    now = 0.0
    while now < until:
        found = spell(rhythm, key, now)
        if found is not None:
            met.append((found.start, found.end))
        now = next_turn(rhythm, key, now)
    return met


def test_following_the_turns_meets_every_spell_that_any_instant_knows() -> None:
    seen = {
        (found.start, found.end)
        for now in range(10_000)
        if (found := spell(RHYTHM, KEY, float(now))) is not None
    }
    assert set(spells(RHYTHM, 10_000)) == seen
    assert len(seen) > 10


def test_a_spell_stays_within_its_window_and_lengths() -> None:
    for start, end in spells(RHYTHM, 10_000):
        assert start // 100 == (end - 1e-9) // 100
        assert 10 <= end - start <= 60


def test_about_the_chosen_share_of_windows_has_one() -> None:
    assert 400 < len(spells(RHYTHM, 100_000)) < 600


def test_the_same_key_lives_the_same_life_and_another_does_not() -> None:
    assert spells(RHYTHM, 5_000) == spells(RHYTHM, 5_000)
    assert spells(RHYTHM, 5_000) != spells(RHYTHM, 5_000, "8/pvp-63003-1/printer")


@pytest.mark.parametrize("now", [0.0, 99.9, 100.0, 1234.5])
def test_the_next_turn_is_always_ahead(now: float) -> None:
    assert next_turn(RHYTHM, KEY, now) > now


def test_nothing_begins_before_the_first_allowed_instant() -> None:
    late = Rhythm(100, 1.0, 10, 60, first_s=450)
    assert min(start for start, _ in spells(late, 10_000)) >= 450
