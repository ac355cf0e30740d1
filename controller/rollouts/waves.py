"""Which kiosk goes in which wave: wishes x the kiosks chosen -> lists. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from controller.errors import Refused

MAX_AT_A_TIME = 500
MAX_SOAK_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class WaveWish:
    """A wave as wished for: of these kiosks, or up to so many percent of all that were chosen.

    Percentages add nothing up: 10, 50 and 100 mean that after these waves a tenth, a half and all
    of the kiosks have it.
    """

    name: str
    kiosks: tuple[str, ...] = ()
    percent: int = 0
    at_a_time: int = 5
    soak_s: int = 900
    stop_after_failures: int = 1
    keeps_window: bool = True
    waits_for_approval: bool = False


def resolve(
    wishes: Sequence[WaveWish], sites: Mapping[str, str]
) -> tuple[tuple[WaveWish, tuple[str, ...]], ...]:
    """Each wave with its kiosks; `sites` has the site's code of every kiosk to be placed.

    Kiosks that a wave names and `sites` lacks are left out. A percentage is taken from as many
    sites as there are, so that no place loses all of its kiosks at once. Raises Refused for wishes
    out of bounds, a wave without a kiosk, and kiosks in no wave.

    >>> resolve([WaveWish("one", ("b",)), WaveWish("all", percent=100)], {"a": "x", "b": "x"})[1][1]
    ('a',)
    """
    _check(wishes)
    named = {kiosk for wish in wishes for kiosk in wish.kiosks}
    free = [kiosk for kiosk in spread(sites) if kiosk not in named]
    placed: set[str] = set()
    found = []
    for wish in wishes:
        kiosks = [kiosk for kiosk in dict.fromkeys(wish.kiosks) if kiosk in sites]
        if wish.percent:
            missing = ceil(len(sites) * wish.percent / 100) - len(placed)
            kiosks, free = free[: max(0, missing)], free[max(0, missing) :]
        if not kiosks:
            raise Refused(f"wave {wish.name!r} has no kiosk: name some, raise it, or leave it out")
        placed |= set(kiosks)
        found.append((wish, tuple(kiosks)))
    if left := sorted(sites.keys() - placed):
        raise Refused(
            f"{len(left)} kiosks are in no wave, {left[0]!r} among them: add a wave of 100 percent"
        )
    return tuple(found)


def spread(sites: Mapping[str, str]) -> list[str]:
    """The kiosks in an order that takes one of each site before a second of any.

    >>> [{"a": 1, "b": 1, "c": 2}[one] for one in spread({"a": "x", "b": "x", "c": "y"})][2]
    1
    """
    by_site: dict[str, list[str]] = defaultdict(list)
    for kiosk in sorted(sites, key=_shuffled):
        by_site[sites[kiosk]].append(kiosk)
    rank = {kiosk: place for kiosks in by_site.values() for place, kiosk in enumerate(kiosks)}
    return sorted(sites, key=lambda kiosk: (rank[kiosk], _shuffled(kiosk)))


def _shuffled(kiosk: str) -> bytes:
    """Neighbours by name are neighbours on the map: not the first ones of the alphabet."""
    return hashlib.sha256(kiosk.encode()).digest()


def _check(wishes: Sequence[WaveWish]) -> None:
    if not 1 <= len(wishes) <= 20:
        raise Refused(f"a rollout has {len(wishes)} waves, must have from 1 to 20")
    for wish in wishes:
        _check_wave(wish)
    percents = [wish.percent for wish in wishes if wish.percent]
    if percents != sorted(set(percents)):
        raise Refused(f"waves have {percents} percent: each must be more than the one before")
    named = [kiosk for wish in wishes for kiosk in set(wish.kiosks)]
    if twice := _first_twice(named):
        raise Refused(f"kiosk {twice!r} is in two waves, must be in one")


def _check_wave(wish: WaveWish) -> None:
    if not wish.name.strip() or len(wish.name) > 64:
        raise Refused(f"a wave is called {wish.name[:64]!r}, must have from 1 to 64 letters")
    if bool(wish.kiosks) == bool(wish.percent):
        raise Refused(f"wave {wish.name!r} must have kiosks or a percentage, and not both")
    for name, value, low, high in (
        ("percent", wish.percent, 0, 100),
        ("at_a_time", wish.at_a_time, 1, MAX_AT_A_TIME),
        ("soak_s", wish.soak_s, 0, MAX_SOAK_S),
        ("stop_after_failures", wish.stop_after_failures, 1, MAX_AT_A_TIME),
    ):
        if not low <= value <= high:
            raise Refused(f"{name} of wave {wish.name!r} is {value}, must be {low} to {high}")


def _first_twice(names: Collection[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
