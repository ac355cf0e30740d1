"""What is tried next: never too much, never at a bad time, and a human in the end."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import RecoveryLimits, Rung, RungName
from agent.recovery import (
    DAY_S,
    HUMAN,
    INCURABLE,
    Attempt,
    AttemptState,
    GiveUp,
    Moment,
    Situation,
    age_s,
    is_curable,
    next_step,
    spent,
)
from contract.health import DeviceState, Health

REBIND, CYCLE = Rung(RungName.REBIND), Rung(RungName.POWER_CYCLE)
CUPS, REBOOT = Rung(RungName.RESTART, "cups.service"), Rung(RungName.REBOOT)
ALL = (REBIND, CYCLE, CUPS, REBOOT)
LIMITS = RecoveryLimits()
NOW = Moment("boot", 100_000.0, 1_000_000.0)


def failed(rung: Rung, device: str = "camera", ago_s: float = 60.0) -> Attempt:
    at = Moment("boot", NOW.uptime_s - ago_s, 1_000_000.0 - ago_s)
    return Attempt(device, str(rung), at, AttemptState.FAILED)


def step(
    *history: Attempt, ladder: Sequence[Rung] = ALL, limits: RecoveryLimits = LIMITS
) -> Rung | GiveUp | None:
    return next_step("camera", ladder, history, limits, Situation(NOW, 3600.0))


def test_the_first_rung_comes_first() -> None:
    assert step() == REBIND


def test_nothing_is_tried_before_it_has_failed_for_long_enough() -> None:
    assert next_step("camera", ALL, (), LIMITS, Situation(NOW, 59.0)) is None


def test_after_a_rung_that_did_not_help_comes_the_next() -> None:
    assert step(failed(REBIND)) == CYCLE
    assert step(failed(REBIND), failed(CYCLE), failed(CUPS)) == REBOOT


def test_after_the_last_rung_comes_a_human() -> None:
    assert step(*(failed(rung) for rung in ALL)) is GiveUp.NO_RUNG_LEFT


def test_a_human_is_asked_once() -> None:
    asked = Attempt("camera", HUMAN, NOW, AttemptState.FAILED)
    assert step(*(failed(rung) for rung in ALL), asked) is None


def test_without_a_ladder_nothing_is_tried_and_nobody_asked() -> None:
    assert step(ladder=()) is None


def test_one_attempt_at_a_time_on_the_whole_kiosk() -> None:
    assert step(Attempt("printer", "rebind", NOW, AttemptState.BEGUN)) is None


def closed(attempt: Attempt, state: AttemptState = AttemptState.WORKED) -> Attempt:
    return Attempt(attempt.device, attempt.rung, attempt.at, state, is_open=False)


def test_a_rung_that_helped_too_often_today_is_passed_over() -> None:
    assert step(*[closed(failed(REBIND))] * 2) == REBIND
    assert step(*[closed(failed(REBIND))] * 3) == CYCLE


def test_yesterdays_attempts_are_forgiven() -> None:
    assert step(*[closed(failed(REBIND, ago_s=DAY_S + 1))] * 3) == REBIND


def test_when_every_budget_is_spent_a_human_is_asked() -> None:
    assert step(*[closed(failed(REBIND))] * 3, ladder=(REBIND,)) is GiveUp.BUDGET_SPENT


def test_the_machine_restarts_once_a_day_whichever_peripheral_wants_it() -> None:
    other = closed(failed(REBOOT, "printer"))
    assert step(other, ladder=(REBOOT,)) is GiveUp.BUDGET_SPENT


def test_a_restart_that_did_not_help_is_not_repeated_whatever_the_budget() -> None:
    generous = RecoveryLimits(reboots_per_day=4)
    useless = closed(failed(REBOOT), AttemptState.FAILED)
    assert step(useless, ladder=(REBOOT,), limits=generous) is GiveUp.BUDGET_SPENT
    useful = closed(failed(REBOOT))
    assert step(useful, ladder=(REBOOT,), limits=generous) == REBOOT


def test_a_clock_that_jumps_within_a_boot_grants_nothing() -> None:
    then, now = Moment("boot", 100.0, 0.0), Moment("boot", 160.0, 10 * DAY_S)
    assert age_s(then, now) == 60.0


def test_a_clock_set_back_across_a_boot_grants_no_less_than_the_uptime() -> None:
    assert age_s(Moment("old", 5.0, 9 * DAY_S), Moment("new", 30.0, DAY_S)) == 30.0


@pytest.mark.parametrize("reason", sorted(INCURABLE))
def test_what_only_a_person_can_mend_is_left_alone(reason: str) -> None:
    assert not is_curable(DeviceState("p", "printer", Health.FAILED, (reason,)))


@pytest.mark.parametrize(("kind", "answer"), [("camera", False), ("application", True)])
def test_a_black_page_may_be_cured_and_a_covered_lens_not(kind: str, answer: bool) -> None:
    assert is_curable(DeviceState("x", kind, Health.FAILED, ("black",))) is answer


@pytest.mark.parametrize(
    ("health", "reason", "answer"),
    [
        (Health.MISSING, "not-connected", True),
        (Health.FAILED, "no-frames", True),
        (Health.FAILED, "frozen", True),
        (Health.FAILED, "offline", True),
        (Health.UNKNOWN, "timed-out", True),
        (Health.UNKNOWN, "not-measured", False),
        (Health.DEGRADED, "frozen", False),
        (Health.OK, "frozen", False),
    ],
)
def test_what_a_machine_may_cure(health: Health, reason: str, answer: bool) -> None:
    assert is_curable(DeviceState("c", "camera", health, (reason,))) is answer


def test_only_what_is_old_and_over_is_forgotten() -> None:
    old = failed(REBIND, ago_s=2 * DAY_S)
    history = [(1, old), (2, closed(old)), (3, closed(failed(REBIND)))]
    assert spent(history, NOW) == (2,)


# Whatever happens

rungs = st.permutations([REBIND, CYCLE, CUPS]).flatmap(
    lambda some: st.integers(0, 3).map(lambda size: tuple(some[:size]))
)
ladders = st.tuples(rungs, st.booleans()).map(lambda both: both[0] + (REBOOT,) * both[1])
limits = st.builds(
    RecoveryLimits,
    per_day=st.integers(1, 4),
    reboots_per_day=st.integers(0, 3),
    after_s=st.just(60.0),
)
#: Of each moment: which peripheral, how long passes, in session, busy, whether the rung helps.
moments = st.lists(
    st.tuples(
        st.sampled_from(["camera", "printer"]),
        st.floats(0, DAY_S / 4),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=60,
)


class World:
    """Two peripherals that fail all the time, and time that passes."""

    def __init__(self, ladders: dict[str, tuple[Rung, ...]], limits: RecoveryLimits) -> None:
        self.ladders, self.limits = ladders, limits
        self.history: list[Attempt] = []
        self.uptime_s, self.boot = 0.0, 0

    def live(self, name: str, in_session: bool, is_busy: bool, helps: bool) -> None:
        now = Moment(f"boot-{self.boot}", self.uptime_s)
        situation = Situation(now, 60.0, in_session=in_session, is_busy=is_busy)
        found = next_step(name, self.ladders[name], self.history, self.limits, situation)
        if isinstance(found, GiveUp):
            self.history.append(Attempt(name, HUMAN, now, AttemptState.FAILED))
        elif found is not None:
            assert not in_session
            assert not is_busy
            state = AttemptState.WORKED if helps else AttemptState.FAILED
            self.history.append(Attempt(name, str(found), now, state))
        if helps:  # it was well for a while
            self.history = [
                Attempt(one.device, one.rung, one.at, one.state, is_open=False)
                if one.device == name
                else one
                for one in self.history
            ]


@given(ladders, ladders, limits, moments)
def test_no_life_of_a_kiosk_breaks_the_rules(
    camera: tuple[Rung, ...],
    printer: tuple[Rung, ...],
    told: RecoveryLimits,
    happenings: list[tuple[str, float, bool, bool, bool]],
) -> None:
    world = World({"camera": camera, "printer": printer}, told)
    for name, passes_s, in_session, is_busy, helps in happenings:
        world.uptime_s += passes_s
        world.live(name, in_session, is_busy, helps)
    for name, ladder in world.ladders.items():
        texts = [*(str(rung) for rung in ladder), HUMAN]
        mine = [one for one in world.history if one.device == name]
        assert all(one.rung in texts for one in mine)
        episode = [texts.index(one.rung) for one in mine if one.is_open]
        assert episode == sorted(set(episode))
        assert all(most_in_a_day(mine, str(rung)) <= told.per_day for rung in (REBIND, CYCLE, CUPS))
    assert most_in_a_day(world.history, str(REBOOT)) <= told.reboots_per_day


def most_in_a_day(history: Sequence[Attempt], rung: str) -> int:
    """The most attempts at a rung within any day."""
    times = [one.at.uptime_s for one in history if one.rung == rung]
    return max((sum(1 for t in times if at <= t < at + DAY_S) for at in times), default=0)


@given(ladders, limits)
def test_whatever_never_helps_ends_at_a_human(
    ladder: tuple[Rung, ...], told: RecoveryLimits
) -> None:
    world = World({"camera": ladder}, told)
    for _ in range(len(ladder) + 3):
        world.live("camera", in_session=False, is_busy=False, helps=False)
    asked = [one.rung for one in world.history].count(HUMAN)
    assert asked == (1 if ladder else 0)


times = st.one_of(st.none(), st.floats(0, 1e10))


@given(st.floats(0, 1e7), st.floats(0, 1e7), times, times)
def test_within_one_boot_no_clock_of_the_day_matters(
    then_s: float, passes_s: float, then_utc: float | None, now_utc: float | None
) -> None:
    then = Moment("boot", then_s, then_utc)
    now = Moment("boot", then_s + passes_s, now_utc)
    assert age_s(then, now) == pytest.approx(passes_s, abs=1e-6)
