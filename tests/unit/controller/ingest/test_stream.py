"""In whatever order and however often they come: each number counts once, and gaps are seen."""

from hypothesis import given
from hypothesis import strategies as st

from controller.ingest.stream import MAX_AHEAD, Progress


@given(st.data(), st.integers(1, 60))
def test_all_numbers_in_any_order_and_repeated_are_each_accepted_once(
    data: st.DataObject, count: int
) -> None:
    order = data.draw(st.permutations(range(1, count + 1)))
    repeats = data.draw(st.lists(st.integers(1, count), max_size=60))
    progress = Progress()
    accepted = [seq for seq in [*order, *repeats] if progress.accept(seq, floor=1)]
    assert sorted(accepted) == list(range(1, count + 1))
    assert (progress.watermark, progress.ahead, progress.gaps) == (count, set(), [])


@given(st.sets(st.integers(1, 80), min_size=1), st.integers(0, 40))
def test_what_was_dropped_is_a_gap_once_the_floor_says_so(kept: set[int], extra: int) -> None:
    last = max(kept) + extra + 1
    progress = Progress()
    for seq in sorted(kept):
        progress.accept(seq, floor=1)
    progress.accept(last, floor=last)
    lost = {seq for first, end in progress.gaps for seq in range(first, end + 1)}
    assert lost == set(range(1, last)) - kept
    assert progress.watermark == last
    assert not progress.ahead


def test_a_hole_without_a_floor_holds_the_watermark_back() -> None:
    progress = Progress(watermark=4)
    assert progress.accept(6, floor=1)
    assert progress.watermark == 4
    assert progress.gaps == []


def test_numbers_absurdly_far_ahead_are_not_hoarded() -> None:
    progress = Progress()
    accepted = [progress.accept(seq, floor=1) for seq in range(2, MAX_AHEAD + 10)]
    assert sum(accepted) == MAX_AHEAD
    assert progress.accept(1, floor=1)
    assert progress.watermark == MAX_AHEAD + 1


def test_a_floor_above_its_own_number_does_no_harm() -> None:
    progress = Progress()
    assert progress.accept(3, floor=99)
    assert progress.watermark == 3
    assert progress.gaps == [(1, 2)]
