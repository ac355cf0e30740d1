"""What holds of every rollout, whatever happens in the field."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.rollouts.following import JOBS
from controller.rollouts.plan import Wave
from controller.rollouts.results import Outcome
from controller.rollouts.stages import OnFailure, Stage, TargetStage, WaveStage
from tests.unit.controller.rollouts.field import Field, Machine, at, field_of

_MENDING = (Outcome.PILLAR_FAILED, Outcome.MASTER_AWAY)
LIFE_S, LIMIT_S, STEP_S = 1200, 200, 10
END_S = 2 * (LIFE_S + LIMIT_S) + 400

_second = st.integers(0, LIFE_S)
_spans = st.lists(
    st.tuples(_second, st.integers(1, 600)).map(lambda one: (one[0], one[0] + one[1])), max_size=2
).map(tuple)
_machines = st.builds(
    Machine,
    takes_s=st.sampled_from([5, 5, 40, 9999]),
    outcome=st.sampled_from(
        [
            Outcome.OK,
            Outcome.OK,
            Outcome.OK,
            Outcome.FAILED,
            Outcome.PILLAR_FAILED,
            Outcome.MASTER_AWAY,
        ]
    ),
    breaks=st.sampled_from(["", "", "", "camera", "agent"]),
    busy_times=st.integers(0, 3),
    offline=_spans,
    session=_spans,
    closed=_spans,
    loses_returns=st.booleans(),
)
_calm = st.builds(Machine, takes_s=st.sampled_from([5, 40]), offline=_spans, session=_spans)
_wave = st.tuples(st.integers(1, 3), st.integers(0, 60), st.integers(1, 2))


@st.composite
def fields(draw: st.DrawFn, machines: st.SearchStrategy[Machine] = _machines) -> Field:
    waves = tuple(
        (
            Wave(
                position,
                at_a_time=at_a_time,
                soak=timedelta(seconds=soak_s),
                stop_after_failures=failures,
            ),
            tuple(draw(st.lists(machines, min_size=1, max_size=3))),
        )
        for position, (at_a_time, soak_s, failures) in enumerate(
            draw(st.lists(_wave, min_size=1, max_size=3))
        )
    )
    return field_of(
        waves, life_s=LIFE_S, kiosk_limit_s=LIMIT_S, on_failure=draw(st.sampled_from(OnFailure)),
        away=draw(_spans),
    )  # fmt: skip


def seconds() -> range:
    return range(0, END_S, STEP_S)


@given(fields())
def test_asked_twice_it_says_the_same(field: Field) -> None:
    for second in seconds():
        assert field.decide(second) == field.decide(second)
        field.turn(second)
        if field.plan.ended_at:
            break


@given(fields())
def test_what_it_decided_it_does_not_decide_again(field: Field) -> None:
    for second in seconds():
        field.write(field.decide(second))
        jobs = {one.kiosk: one.jid for one in field.plan.targets if one.stage in JOBS}
        field.write(field.decide(second))
        again = {one.kiosk: one.jid for one in field.plan.targets if one.kiosk in jobs}
        moved = {kiosk for kiosk, jid in again.items() if jid not in ("", jobs[kiosk])}
        assert all(field.machines[kiosk].known for kiosk in moved)  # only an answer moves it on
        field.turn(second)
        if field.plan.ended_at:
            break


@given(fields())
def test_never_more_than_so_many_at_a_time(field: Field) -> None:
    field.run(END_S, STEP_S)
    for plan in field.history:
        for wave in plan.waves:
            mine = [one for one in plan.targets if one.wave == wave.position]
            forward = [
                one
                for one in mine
                if one.stage.is_under_way and one.stage is not TargetStage.REVERTING
            ]
            assert len(forward) <= wave.at_a_time
        undone = [one for one in plan.targets if one.stage is TargetStage.REVERTING]
        assert len(undone) <= max(wave.at_a_time for wave in plan.waves)


@given(fields())
def test_no_job_is_given_to_a_kiosk_in_session_or_out_of_its_window(field: Field) -> None:
    field.run(END_S, STEP_S)
    for second, kiosk, stage in field.begun:
        machine = field.machines[kiosk]
        assert not machine.is_at(machine.session, second)
        if stage is TargetStage.APPLYING:
            assert not machine.is_at(machine.closed, second)


@given(fields())
def test_a_wave_begins_only_when_the_one_before_has_passed(field: Field) -> None:
    field.run(END_S, STEP_S)
    for before, after in zip(field.plan.waves, field.plan.waves[1:], strict=False):
        if after.began_at is not None:
            passed = [plan for plan in field.history if plan.waves[after.position].began_at]
            assert passed[0].waves[before.position].stage is WaveStage.PASSED


@given(fields())
def test_after_a_wave_failed_no_kiosk_begins(field: Field) -> None:
    field.run(END_S, STEP_S)
    ends = [turn for turn, plan in enumerate(field.history) if plan.stage is not Stage.RUNNING]
    after = field.history[ends[0] :] if ends else []
    began = [
        one.kiosk
        for before, plan in pairwise(after)
        for was, one in zip(before.targets, plan.targets, strict=True)
        if was.stage is TargetStage.WAITING and one.stage is TargetStage.APPLYING
    ]
    given = [
        kiosk
        for turn, kiosk, stage in field.begun
        if ends and stage is TargetStage.APPLYING and turn > ends[0] * STEP_S
    ]
    assert (began, given) == ([], [])


@given(fields())
def test_nothing_is_under_way_for_ever(field: Field) -> None:
    stage = field.run(END_S, STEP_S)
    assert stage.is_over
    assert field.plan.ended_at is not None
    assert not any(one.stage.is_under_way for one in field.plan.targets)
    assert TargetStage.WAITING not in field.stages().values()


@given(fields())
def test_each_kiosk_does_each_thing_once(field: Field) -> None:
    field.run(END_S, STEP_S)
    for kiosk, machine in field.machines.items():
        is_faulty = machine.outcome in _MENDING or machine.takes_s > LIMIT_S
        assert len(machine.applied) <= 1 or is_faulty, kiosk
        assert len(machine.reverted) <= 1 or is_faulty, kiosk


_kills = st.dictionaries(
    st.integers(0, END_S // STEP_S), st.sampled_from(["decided", "written", "given"]), max_size=30
)


@settings(max_examples=60)
@given(st.data())
def test_a_kill_between_any_two_steps_changes_nothing_of_the_outcome(data: st.DataObject) -> None:
    drawn = data.draw(fields(_calm))
    kills = data.draw(_kills)
    twin = field_of(
        tuple(
            (
                wave,
                tuple(
                    Machine(
                        takes_s=drawn.machines[one.kiosk].takes_s,
                        offline=drawn.machines[one.kiosk].offline,
                        session=drawn.machines[one.kiosk].session,
                    )
                    for one in drawn.plan.targets
                    if one.wave == wave.position
                ),
            )
            for wave in drawn.plan.waves
        ),
        life_s=LIFE_S,
        kiosk_limit_s=10 * LIFE_S,
        on_failure=drawn.plan.on_failure,
    )
    drawn.away, drawn.plan = (), twin.plan
    until = 20 * LIFE_S
    ends = (drawn.run(until, STEP_S, kills), twin.run(until, STEP_S))
    assert ends[0] is ends[1]
    for kiosk, machine in drawn.machines.items():
        assert len(machine.applied) <= 1, kiosk
    reached = [set(one.stages().values()) for one in (drawn, twin)]
    assert reached[0] | {TargetStage.MISSED} == reached[1] | {TargetStage.MISSED}
    assert at(0) < (drawn.plan.ended_at or at(0))
