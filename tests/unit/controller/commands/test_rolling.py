"""Which kiosks of a batch come next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from controller.commands.rolling import Decision, End, Item, Plan, Turn, decide

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLAN = Plan(2, timedelta(minutes=1), stop_after_failures=2, expires_at=NOON + timedelta(hours=2))


def items(*turns: Turn, ended_at: datetime = NOON - timedelta(hours=1)) -> list[Item]:
    return [
        Item(position, turn, ended_at if turn in (Turn.SUCCEEDED, Turn.FAILED) else None)
        for position, turn in enumerate(turns)
    ]


def test_so_many_begin_at_once() -> None:
    assert decide(PLAN, items(*[Turn.WAITING] * 4), NOON) == Decision(order=(0, 1))


def test_another_begins_only_when_one_has_ended_and_the_pause_is_over() -> None:
    busy = items(Turn.ORDERED, Turn.ORDERED, Turn.WAITING)
    assert decide(PLAN, busy, NOON) == Decision()
    just = items(Turn.ORDERED, Turn.SUCCEEDED, Turn.WAITING, ended_at=NOON)
    assert decide(PLAN, just, NOON + timedelta(seconds=59)) == Decision()
    assert decide(PLAN, just, NOON + timedelta(seconds=60)) == Decision(order=(2,))


def test_it_stops_at_the_failure_it_was_told() -> None:
    found = items(Turn.FAILED, Turn.FAILED, Turn.WAITING, Turn.WAITING)
    assert decide(PLAN, found, NOON) == Decision(skip=(2, 3), end=End.STOPPED)


def test_it_never_stops_when_told_so() -> None:
    found = items(*[Turn.FAILED] * 5, Turn.WAITING)
    assert decide(replace(PLAN, stop_after_failures=0), found, NOON).order == (5,)


def test_a_failure_of_the_last_is_no_stop() -> None:
    assert decide(PLAN, items(Turn.FAILED, Turn.FAILED), NOON) == Decision(end=End.DONE)


def test_where_a_citizen_is_another_comes_first() -> None:
    found = [Item(0, Turn.WAITING, not_before=NOON + timedelta(minutes=5)), Item(1, Turn.WAITING)]
    assert decide(replace(PLAN, at_a_time=1), found, NOON).order == (1,)


def test_at_the_end_of_its_life_what_is_under_way_is_waited_for() -> None:
    late = PLAN.expires_at
    assert decide(PLAN, items(Turn.ORDERED, Turn.WAITING), late) == Decision(skip=(1,))
    assert decide(PLAN, items(Turn.SKIPPED, Turn.WAITING), late).end is End.DONE


_TURNS = st.lists(st.sampled_from(list(Turn)), min_size=1, max_size=30)


@given(_TURNS, st.integers(1, 6), st.integers(0, 5), st.integers(0, 200))
def test_never_more_than_agreed_and_never_one_that_had_its_turn(
    turns: list[Turn], at_a_time: int, stop: int, minutes: int
) -> None:
    plan = Plan(at_a_time, timedelta(minutes=1), stop, NOON + timedelta(hours=1))
    found = items(*turns)
    decision = decide(plan, found, NOON + timedelta(minutes=minutes))
    assert decide(plan, found, NOON + timedelta(minutes=minutes)) == decision
    touched = (*decision.order, *decision.skip)
    assert all(found[position].turn is Turn.WAITING for position in touched)
    assert len(set(touched)) == len(touched)
    assert turns.count(Turn.ORDERED) + len(decision.order) <= max(
        at_a_time, turns.count(Turn.ORDERED)
    )
    if stop and turns.count(Turn.FAILED) >= stop:
        assert not decision.order


@given(st.lists(st.booleans(), min_size=1, max_size=25), st.integers(1, 4), st.integers(0, 4))
def test_every_batch_comes_to_an_end(works: list[bool], at_a_time: int, stop: int) -> None:
    """Each command ends in a minute, well or badly as drawn."""
    plan = Plan(at_a_time, timedelta(0), stop, NOON + timedelta(days=1))
    found = [Item(position, Turn.WAITING) for position in range(len(works))]
    now, end = NOON, None
    for _ in range(2 * len(works) + 2):
        decision = decide(plan, found, now)
        if decision.end is not None:
            end = decision.end
            break
        now += timedelta(minutes=1)
        for position in decision.order:
            turn = Turn.SUCCEEDED if works[position] else Turn.FAILED
            found[position] = Item(position, turn, ended_at=now)
    failures = sum(item.turn is Turn.FAILED for item in found)
    assert end is (End.STOPPED if stop and failures >= stop and end is End.STOPPED else End.DONE)
    if end is End.DONE:
        assert all(item.turn.is_over for item in found)
    else:
        assert stop <= failures < stop + at_a_time
