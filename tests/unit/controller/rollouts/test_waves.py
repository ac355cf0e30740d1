"""Which kiosk goes in which wave, for any region."""

from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import Refused
from controller.rollouts.waves import WaveWish, resolve, spread

_regions = st.dictionaries(
    st.integers(1, 999).map(lambda number: f"pvp-{number}"),
    st.integers(1, 20).map(lambda number: f"site-{number}"),
    min_size=1,
    max_size=60,
)


@given(_regions, st.sets(st.integers(1, 99), max_size=3))
def test_every_kiosk_is_in_one_wave_and_always_in_the_same(
    sites: dict[str, str], percents: set[int]
) -> None:
    counts = {one: ceil(len(sites) * one / 100) for one in (*sorted(percents), 100)}
    wishes = [  # of two that come to the same number, the second would be empty
        WaveWish(str(one), percent=one)
        for one, count in counts.items()
        if count not in [counts[each] for each in counts if each < one]
    ]
    wishes = wishes if wishes[-1].percent == 100 else [*wishes[:-1], WaveWish("all", percent=100)]
    placed = resolve(wishes, sites)
    assert sorted(kiosk for _, wave in placed for kiosk in wave) == sorted(sites)
    assert placed == resolve(wishes, dict(reversed(list(sites.items()))))


@given(_regions)
def test_no_site_has_a_second_kiosk_before_every_site_has_its_first(sites: dict[str, str]) -> None:
    first = spread(sites)[: len(set(sites.values()))]
    assert len({sites[kiosk] for kiosk in first}) == len(first)


@given(_regions)
def test_of_any_beginning_no_site_has_more_than_one_more_than_it_must(
    sites: dict[str, str],
) -> None:
    order = spread(sites)
    total = Counter(sites.values())
    for end in range(len(order) + 1):
        taken = Counter(sites[kiosk] for kiosk in order[:end])
        most = max(taken.values(), default=0)
        assert all(taken[site] >= min(total[site], most - 1) for site in total)


def test_a_wave_names_its_kiosks_and_a_percentage_counts_them_in() -> None:
    sites = {f"pvp-{number}": f"site-{number}" for number in range(10)}
    wishes = [
        WaveWish("canary", kiosks=("pvp-1", "pvp-gone")),
        WaveWish("half", percent=50),
        WaveWish("all", percent=100),
    ]
    placed = [wave for _, wave in resolve(wishes, sites)]
    assert placed[0] == ("pvp-1",)
    assert [len(wave) for wave in placed] == [1, 4, 5]


def test_percentages_must_grow() -> None:
    with pytest.raises(Refused, match="more than the one before"):
        resolve([WaveWish("a", percent=50), WaveWish("b", percent=50)], {"pvp-1": "s"})
