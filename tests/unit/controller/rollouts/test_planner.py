"""What a rollout does next: stories, each on a field made of values."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.rollouts.plan import Wave
from controller.rollouts.results import Outcome
from controller.rollouts.stages import OnFailure, Stage, TargetStage, WaveStage
from tests.unit.controller.rollouts.field import Field, Machine, at, field_of

DONE, FAILED = TargetStage.SUCCEEDED, TargetStage.FAILED
SOAK = timedelta(seconds=60)
FIRST, SECOND = Wave(0, soak=SOAK), Wave(1, at_a_time=2, soak=SOAK)


def began(field: Field, wave: int) -> int | None:
    """The second at which a wave began."""
    found = field.plan.waves[wave].began_at
    return None if found is None else int((found - at(0)).total_seconds())


def test_waves_go_one_after_the_other_and_each_soaks() -> None:
    field = field_of(((FIRST, (Machine(),)), (SECOND, (Machine(), Machine(), Machine()))))
    assert field.run(3600) is Stage.DONE
    assert set(field.stages().values()) == {DONE}
    assert [wave.stage for wave in field.plan.waves] == [WaveStage.PASSED] * 2
    assert (began(field, 1) or 0) >= 60
    assert all(len(machine.applied) == 1 for machine in field.machines.values())


def test_a_camera_that_dies_stops_the_wave_and_the_revert_restores_it() -> None:
    field = field_of(((FIRST, (Machine(breaks="camera"),)), (SECOND, (Machine(), Machine()))))
    assert field.run(3600) is Stage.REVERTED
    assert field.stages()["0-0"] is TargetStage.REVERTED
    assert field.plan.reason == "worse: camera"
    assert field.machines["0-0"].broken_at is None
    assert [field.stages()[one] for one in ("1-0", "1-1")] == [TargetStage.SKIPPED] * 2
    assert not field.machines["1-0"].applied + field.machines["1-1"].applied


def test_who_failed_is_told_before_it_is_undone() -> None:
    field = field_of(((FIRST, (Machine(breaks="camera"),)),))
    told = []
    for second in range(0, 300, 5):
        told += [event.what for event in field.decide(second).events]
        field.turn(second)
    assert told == [
        "wave-began", "kiosk-failed", "wave-failed", "reverting", "kiosk-reverted", "reverted",
    ]  # fmt: skip


def test_told_to_pause_it_stops_and_undoes_nothing() -> None:
    waves = ((FIRST, (Machine(outcome=Outcome.FAILED),)), (SECOND, (Machine(),)))
    field = field_of(waves, on_failure=OnFailure.PAUSE)
    assert field.run(600) is Stage.STOPPED
    assert field.stages() == {"0-0": FAILED, "1-0": TargetStage.WAITING}
    assert not field.machines["0-0"].reverted
    assert field.run(8000) is Stage.ABORTED


def test_what_was_bad_before_is_not_held_against_it() -> None:
    field = field_of(((FIRST, (Machine(),)),))
    assert field.run(3600) is Stage.DONE
    assert field.plan.targets[0].health_before["printer"] == "failed"


def test_a_camera_that_dies_while_its_wave_soaks_fails_its_kiosk() -> None:
    machine = Machine(breaks="camera")
    field = field_of(((FIRST, (machine,)), (SECOND, (Machine(),))))
    for second in range(0, 60, 5):
        field.turn(second)
        machine.broken_at = None  # the camera is well for now
    assert field.stages()["0-0"] is DONE
    machine.broken_at = 60
    for second in range(60, 200, 5):
        field.turn(second)
    assert field.plan.stage in (Stage.REVERTING, Stage.REVERTED)
    assert field.plan.reason == "worse: camera"
    assert began(field, 1) is None


def test_an_agent_that_does_not_come_back_fails_its_kiosk_and_salt_restores_it() -> None:
    field = field_of(((FIRST, (Machine(breaks="agent"),)),))
    assert field.run(3600) is Stage.REVERTED
    assert field.plan.reason == "agent-away"
    assert field.stages()["0-0"] is TargetStage.REVERTED


def test_drift_that_is_left_fails_the_kiosk() -> None:
    field = field_of(((FIRST, (Machine(),)),))
    machine = field.machines["0-0"]
    for second in range(0, 40, 5):
        field.turn(second)
        target = field.plan.targets[0]
        if target.stage is TargetStage.CHECKING and target.jid in machine.done:
            machine.done[target.jid] = (second, Outcome.DRIFTED)
    assert field.plan.reason == "drifted"


def test_nobody_is_updated_in_a_session_or_out_of_the_window() -> None:
    machines = (Machine(session=((0, 300),)), Machine(closed=((0, 600),)))
    field = field_of(((Wave(0, at_a_time=2), machines),))
    assert field.run(3600) is Stage.DONE
    first = {kiosk: second for second, kiosk, _ in reversed(field.begun)}
    assert first["0-0"] >= 300
    assert first["0-1"] >= 600


def test_a_kiosk_that_is_offline_holds_up_no_wave_and_has_its_turn_when_it_returns() -> None:
    waves = ((FIRST, (Machine(), Machine(offline=((0, 2000),)))), (SECOND, (Machine(),)))
    field = field_of(waves)
    for second in range(0, 600, 5):
        field.turn(second)
    assert field.stages() == {"0-0": DONE, "0-1": TargetStage.WAITING, "1-0": DONE}
    assert field.run(3600) is Stage.DONE
    assert field.stages()["0-1"] is DONE


def test_a_latecomer_that_fails_stops_the_rollout_all_the_same() -> None:
    late = Machine(offline=((0, 200),), outcome=Outcome.FAILED)
    waves = ((FIRST, (Machine(), late)), (SECOND, (Machine(closed=((0, 3000),)),)))
    field = field_of(waves)
    assert field.run(3600) is Stage.REVERTED
    assert field.stages()["1-0"] is TargetStage.SKIPPED


def test_a_wave_of_which_nobody_is_there_is_waited_for_until_the_life_ends() -> None:
    field = field_of(((FIRST, (Machine(offline=((0, 9000),)),)), (SECOND, (Machine(),))))
    assert field.run(9000) is Stage.DONE
    assert set(field.stages().values()) == {TargetStage.MISSED}
    assert field.plan.ended_at == at(7200)


def test_a_wave_that_waits_for_a_word_does_not_begin_without_it() -> None:
    field = field_of(((FIRST, (Machine(),)), (replace(SECOND, is_held=True), (Machine(),))))
    for second in range(0, 600, 5):
        field.turn(second)
    assert field.plan.waves[0].stage is WaveStage.PASSED
    assert began(field, 1) is None
    waves = (field.plan.waves[0], replace(field.plan.waves[1], is_held=False))
    field.plan = replace(field.plan, waves=waves)
    assert field.run(3600) is Stage.DONE


def test_a_busy_kiosk_has_its_turn_later() -> None:
    field = field_of(((FIRST, (Machine(busy_times=3),)),))
    assert field.run(3600) is Stage.DONE
    assert len(field.machines["0-0"].applied) == 1


def test_a_return_that_the_master_lost_comes_from_the_kiosk() -> None:
    field = field_of(((FIRST, (Machine(loses_returns=True),)),))
    assert field.run(3600) is Stage.DONE
    assert len(field.machines["0-0"].applied) == 1


def test_salt_that_is_away_fails_nobody() -> None:
    field = field_of(((FIRST, (Machine(),)),), away=((5, 2000),))
    assert field.run(3600) is Stage.DONE


def test_a_master_that_was_lost_in_the_midst_is_held_against_nobody() -> None:
    field = field_of(((FIRST, (Machine(outcome=Outcome.MASTER_AWAY),)),))
    for second in range(0, 60, 5):
        field.turn(second)
    assert field.stages()["0-0"] is TargetStage.APPLYING
    field.machines["0-0"].outcome = Outcome.OK
    for second in range(60, 400, 5):
        field.turn(second)
    assert field.plan.stage is Stage.DONE


def test_a_kiosk_that_never_answers_fails_after_it_was_asked() -> None:
    field = field_of(((FIRST, (Machine(takes_s=9999),)),), kiosk_limit_s=100)
    for second in range(0, 200, 5):
        field.turn(second)
    target = field.plan.targets[0]
    assert field.plan.reason == "no-return"
    assert target.kiosk == "0-0"


def test_what_had_nothing_before_cannot_be_undone_and_says_so() -> None:
    field = field_of(((FIRST, (Machine(outcome=Outcome.FAILED),)),))
    field.plan = field.plan.with_target(replace(field.plan.targets[0], can_revert=False))
    assert field.run(3600) is Stage.REVERTED
    target = field.plan.targets[0]
    assert (target.stage, target.reason) == (TargetStage.REVERT_FAILED, "nothing-before")


@pytest.mark.parametrize("stage", [Stage.PAUSED, Stage.STOPPED, Stage.ABORTED])
def test_only_one_that_runs_begins_anything(stage: Stage) -> None:
    field = field_of(((FIRST, (Machine(),)),))
    field.plan = replace(field.plan, stage=stage)
    field.run(600)
    assert not field.begun


def test_a_paused_one_goes_on_with_what_is_under_way() -> None:
    field = field_of(((FIRST, (Machine(),)),))
    field.turn(0)
    field.plan = replace(field.plan, stage=Stage.PAUSED)
    for second in range(5, 100, 5):
        field.turn(second)
    assert field.stages()["0-0"] is DONE
    assert field.plan.waves[0].stage is WaveStage.RUNNING
