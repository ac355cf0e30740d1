"""When a visit begins and when it is over, told from who holds camera and microphone."""

from hypothesis import given
from hypothesis import strategies as st

from agent.probes import visit
from agent.probes.visit import Memory, Moment, Past

BEGAN = "2026-07-01T12:00:00+00:00"


def at(seconds: float, boot: str = "one") -> Moment:
    return Moment(boot, seconds, BEGAN if seconds == 0 else f"at {seconds}")


def after(*looks: tuple[float, bool], boot: str = "one", memory: Memory | None = None) -> Memory:
    memory = memory or Memory()
    for seconds, is_held in looks:
        memory = visit.step(memory, at(seconds, boot), is_held=is_held, min_s=10.0, gap_s=10.0)
    return memory


VISIT = after((0, True), (5, True), (10, True))


def test_a_hold_that_lasts_is_a_visit_since_its_first_moment() -> None:
    assert not after((0, True), (5, True)).in_session
    assert VISIT.in_session
    assert VISIT.hold is not None
    assert VISIT.hold.began.at == BEGAN


def test_a_short_hold_is_none() -> None:
    memory = after((0, True), (5, True), (10, False), (15, True), (20, True))
    assert memory.past is None
    assert not memory.in_session


def test_a_line_that_breaks_for_a_moment_does_not_end_it() -> None:
    memory = after((15, False), (20, True), (25, True), memory=VISIT)
    assert memory.in_session
    assert memory.hold is not None
    assert memory.hold.lasted_s == 25


def test_it_lasted_until_it_was_let_go() -> None:
    memory = after((15, True), (20, False), (25, False), memory=VISIT)
    assert memory == Memory(None, Past(BEGAN, 15.0))


def test_an_agent_that_restarts_meanwhile_goes_on_with_it() -> None:
    memory = after((100, True), memory=VISIT)
    assert memory.in_session
    assert memory.hold is not None
    assert memory.hold.began.at == BEGAN


def test_a_reboot_ends_it_where_it_was_last_seen() -> None:
    memory = after((3, True), boot="two", memory=VISIT)
    assert memory.past == Past(BEGAN, 10.0, is_cut_short=True)
    assert not memory.in_session


def test_an_agent_away_for_long_does_not_join_two_visits() -> None:
    memory = after((5000, True), memory=VISIT)
    assert memory.past == Past(BEGAN, 10.0, is_cut_short=True)
    assert memory.hold is not None
    assert memory.hold.began.uptime_s == 5000


@given(st.lists(st.booleans(), max_size=60))
def test_no_visit_lasts_longer_than_was_looked(holds: list[bool]) -> None:
    memory = after(*((number * 5.0, is_held) for number, is_held in enumerate(holds)))
    longest = 5.0 * len(holds)
    assert memory.past is None or 10.0 <= memory.past.duration_s <= longest
    assert memory.in_session <= any(holds)
