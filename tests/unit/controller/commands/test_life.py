"""What a word from the kiosk changes, and when the controller gives up waiting."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.commands import CommandState as State
from controller.commands.life import GRACE, End, GivenUp, Life, is_news, overdue

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EXPIRY = T0 + timedelta(minutes=10)
RUNS_IN = timedelta(minutes=15)

said_by_kiosk = st.sampled_from([s for s in State if s not in (State.QUEUED, State.SENT)])


def life(state: State, *, begun_at: datetime | None = None, is_presumed: bool = False) -> Life:
    return Life(state, EXPIRY, RUNS_IN, begun_at, is_presumed)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (State.QUEUED, State.ACCEPTED),  # answered before the worker noted that it was sent
        (State.SENT, State.ACCEPTED),
        (State.SENT, State.REFUSED),
        (State.ACCEPTED, State.RUNNING),
        (State.ACCEPTED, State.SUCCEEDED),
        (State.RUNNING, State.FAILED),
    ],
)
def test_a_life_goes_forward(now: State, said: State) -> None:
    assert is_news(life(now), said)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (State.RUNNING, State.ACCEPTED),
        (State.RUNNING, State.RUNNING),
        (State.SUCCEEDED, State.RUNNING),
        (State.SUCCEEDED, State.FAILED),
        (State.UNKNOWN, State.SUCCEEDED),  # the kiosk itself said unknown
        (State.SENT, State.QUEUED),
        (State.QUEUED, State.SENT),  # a kiosk has no say in that
    ],
)
def test_what_comes_late_or_twice_changes_nothing(now: State, said: State) -> None:
    assert not is_news(life(now), said)


@pytest.mark.parametrize("said", [State.ACCEPTED, State.SUCCEEDED, State.EXPIRED])
def test_a_presumed_expiry_gives_way_to_any_word(said: State) -> None:
    assert is_news(life(State.EXPIRED, is_presumed=True), said)


def test_a_presumed_unknown_gives_way_to_an_end_alone() -> None:
    presumed = life(State.UNKNOWN, begun_at=T0, is_presumed=True)
    assert is_news(presumed, State.SUCCEEDED)
    assert not is_news(presumed, State.RUNNING)


@given(st.lists(said_by_kiosk, min_size=1, max_size=12))
def test_hearing_a_story_twice_ends_as_hearing_it_once(words: list[State]) -> None:
    def end(life: Life, words: list[State]) -> Life:
        for word in words:
            if is_news(life, word):
                life = replace(life, state=word, is_presumed=False)
        return life

    once = end(life(State.SENT), words)
    assert end(once, words) == once


@pytest.mark.parametrize(
    ("state", "reason"),
    [(State.QUEUED, GivenUp.NOT_DELIVERED), (State.SENT, GivenUp.NOT_ANSWERED)],
)
def test_an_unanswered_command_expires_and_says_why(state: State, reason: GivenUp) -> None:
    assert overdue(life(state), EXPIRY) is None
    assert overdue(life(state), EXPIRY + GRACE) == End(State.EXPIRED, reason)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.RUNNING])
def test_a_begun_command_has_its_time_to_run_before_it_is_unknown(state: State) -> None:
    begun = life(state, begun_at=T0)
    assert overdue(begun, EXPIRY + RUNS_IN - timedelta(seconds=1)) is None
    assert overdue(begun, EXPIRY + RUNS_IN) == End(State.UNKNOWN, GivenUp.NO_OUTCOME)


def test_one_heard_of_after_its_expiry_has_its_time_from_then() -> None:
    late = EXPIRY + timedelta(hours=5)
    assert overdue(life(State.RUNNING, begun_at=late), late + RUNS_IN / 2) is None


@pytest.mark.parametrize("state", [s for s in State if s.is_final])
def test_an_ended_command_is_never_overdue(state: State) -> None:
    assert overdue(life(state), T0 + timedelta(days=400)) is None
