"""Somebody is called when a rollout has stopped by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from controller.alerts.models import Condition
from controller.rollouts.models import Rollout
from controller.rollouts.notice import LASTS, notice
from controller.rollouts.stages import Kind, OnFailure, Stage, TargetStage
from tests import fleets

pytestmark = pytest.mark.django_db


def rollout(stage: Stage, reason: str = "worse: camera") -> Rollout:
    now = timezone.now()
    return Rollout.objects.create(
        title="Decembre", kind=Kind.CONFIGURATION, stage=stage, reason=reason,
        on_failure=OnFailure.REVERT, created_at=now, expires_at=now, ended_at=now, actor="x",
    )  # fmt: skip


def told() -> list[str]:
    notice(timezone.now())
    return list(Condition.objects.filter(key="rollout-stopped").values_list("subject", flat=True))


def test_it_is_said_once_and_taken_back_when_a_person_sees_to_it() -> None:
    made = rollout(Stage.STOPPED)
    assert told() == told() == ["Decembre"]
    assert Condition.objects.get().details == {"rollout": str(made.pk), "reason": "worse: camera"}
    Rollout.objects.update(stage=Stage.RUNNING, reason="")
    assert told() == []


def test_one_that_a_person_reverts_calls_nobody() -> None:
    rollout(Stage.REVERTING, reason="")
    assert told() == []


def test_kiosks_that_could_not_be_restored_are_told_of_for_a_while() -> None:
    made = rollout(Stage.REVERTED)
    assert told() == []
    wave = made.waves.create(position=0, name="a", at_a_time=1, soak_s=0, stop_after_failures=1)
    made.targets.create(wave=wave, kiosk=fleets.kiosk(), stage=TargetStage.REVERT_FAILED)
    assert told() == ["Decembre"]
    Rollout.objects.update(ended_at=timezone.now() - LASTS - timedelta(hours=1))
    assert told() == []
