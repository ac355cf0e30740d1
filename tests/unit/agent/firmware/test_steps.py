"""What follows what in an update: the whole table, row by row. Nothing is run."""

import pytest
from msgspec.structs import replace

from agent.firmware import steps
from agent.firmware.protocol import Answer, State
from agent.firmware.steps import Job, Outcome, Source, Stage

JOB = Job(
    id="1",
    release="r1",
    hook="escpos",
    device={"id": "receipt", "name": "Receipt printer"},
    firmware=Source("new.bin", "6.2"),
    previous=Source("old.bin", "6.1"),
    before="6.1",
    can_roll_back=True,
)
BAD = Answer(False, reason="made up")
LATER = Answer(False, reason="busy", is_later=True)


def at(stage: Stage, **more: object) -> Job:
    return steps.begun(replace(JOB, stage=stage, **more))


def says(**result: object) -> Answer:
    return Answer(True, result)


@pytest.mark.parametrize(
    ("stage", "answer", "follows", "outcome"),
    [
        (Stage.CHECK, says(applies=True, **{"from": "6.1", "to": "6.2"}), Stage.PREPARE, None),
        (Stage.CHECK, says(applies=True, **{"from": "6.2"}), Stage.CLEANUP, Outcome.UNCHANGED),
        (Stage.CHECK, says(applies=False, **{"from": "6.1"}), Stage.CLEANUP, Outcome.FAILED),
        (Stage.CHECK, says(applies=True, to="7"), Stage.CLEANUP, Outcome.FAILED),
        (Stage.CHECK, BAD, Stage.CLEANUP, Outcome.FAILED),
        (Stage.CHECK, LATER, Stage.CLEANUP, Outcome.LATER),
        (Stage.PREPARE, says(can_roll_back=True), Stage.FLASH, None),
        (Stage.PREPARE, BAD, Stage.CLEANUP, Outcome.FAILED),
        (Stage.PREPARE, LATER, Stage.CLEANUP, Outcome.LATER),
        (Stage.FLASH, says(), Stage.VERIFY, None),
        (Stage.FLASH, BAD, Stage.VERIFY, None),
        (Stage.FLASH, LATER, Stage.CLEANUP, Outcome.LATER),
        (Stage.VERIFY, says(version="6.2"), Stage.CLEANUP, Outcome.UPDATED),
        (Stage.VERIFY, says(version="6.9"), Stage.ROLLBACK, None),
        (Stage.VERIFY, BAD, Stage.VERIFY, None),
        (Stage.ROLLBACK, says(version="6.1"), Stage.PROVE, None),
        (Stage.ROLLBACK, BAD, Stage.PROVE, None),
        (Stage.PROVE, says(version="6.1"), Stage.CLEANUP, Outcome.ROLLED_BACK),
        (Stage.PROVE, says(version="6.9"), Stage.ROLLBACK, None),
        (Stage.CLEANUP, says(), Stage.DONE, None),
        (Stage.CLEANUP, BAD, Stage.DONE, None),
    ],
)
def test_each_answer_leads_to_its_next_step(
    stage: Stage, answer: Answer, follows: Stage, outcome: Outcome | None
) -> None:
    job = steps.after(at(stage), answer)
    assert (job.stage, job.outcome) == (follows, outcome)


@pytest.mark.parametrize(
    ("stage", "follows", "outcome"),
    [
        (Stage.CHECK, Stage.CLEANUP, Outcome.LATER),
        (Stage.PREPARE, Stage.CLEANUP, Outcome.LATER),
        (Stage.FLASH, Stage.VERIFY, None),
        (Stage.VERIFY, Stage.VERIFY, None),
        (Stage.ROLLBACK, Stage.ROLLBACK, None),
        (Stage.PROVE, Stage.PROVE, None),
        (Stage.CLEANUP, Stage.CLEANUP, None),
    ],
)
def test_killed_in_each_stage_it_goes_on_as_the_table_says(
    stage: Stage, follows: Stage, outcome: Outcome | None
) -> None:
    job = steps.taken_up(at(stage))
    assert (job.stage, job.outcome) == (follows, outcome)


def test_a_stage_that_was_written_down_and_not_begun_is_begun() -> None:
    assert steps.taken_up(replace(JOB, stage=Stage.FLASH)).stage is Stage.FLASH


def test_with_nothing_to_go_back_to_a_device_that_does_not_answer_is_broken() -> None:
    job = replace(at(Stage.VERIFY, can_roll_back=False), starts={Stage.VERIFY: 2})
    assert steps.after(job, BAD).outcome is Outcome.BROKEN


def test_with_nothing_to_go_back_to_a_device_that_kept_its_version_has_failed_only() -> None:
    job = at(Stage.VERIFY, can_roll_back=False)
    assert steps.after(job, says(version="6.1")).outcome is Outcome.FAILED


def test_a_rollback_that_does_not_help_twice_makes_it_broken() -> None:
    job = replace(at(Stage.PROVE), starts={Stage.ROLLBACK: 2, Stage.PROVE: 2})
    assert steps.after(job, says(version="6.9")).outcome is Outcome.BROKEN


@pytest.mark.parametrize("killed", [Stage.VERIFY, Stage.ROLLBACK, Stage.PROVE, Stage.CLEANUP])
def test_an_update_that_is_killed_again_and_again_comes_to_an_end(killed: Stage) -> None:
    # begun, and killed, as often as it may be
    job, starts = replace(JOB, stage=killed), 0
    while job.stage is not Stage.DONE:
        starts += 1
        assert starts < 30
        job = steps.taken_up(job)
        job = steps.after(job, BAD) if steps.is_worn_out(job) else steps.begun(job)
    assert job.outcome in (Outcome.BROKEN, None)


def test_each_stage_asks_the_hook_for_its_state() -> None:
    asked = {stage: stage.asks for stage in Stage if stage is not Stage.DONE}
    assert asked[Stage.PROVE] is State.VERIFY
    assert set(asked.values()) == set(State) - {State.INVENTORY}
