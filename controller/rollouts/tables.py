"""A rollout read from its tables as the planner has it, and what was decided written back."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from controller.rollouts import models
from controller.rollouts.bringing import Move, bring
from controller.rollouts.following import JOBS
from controller.rollouts.plan import Decision, Plan, Target, Wave
from controller.rollouts.stages import (
    OnFailure,
    Stage,
    TargetStage,
    WaveStage,
)

#: Columns of a target that have the same name and the same value in the plan.
_SAME = (
    "stage", "reason", "jid", "is_given", "attempts", "not_before", "begun_at", "asked_at",
    "before_at", "since", "applied_at", "ended_at", "health_before", "health_after", "details",
)  # fmt: skip


class Loaded:
    """A rollout's rows, and the plan that they make. Who saves has locked them."""

    def __init__(self, rollout_id: UUID, *, is_locked: bool) -> None:
        found = models.Rollout.objects.all()
        if is_locked:
            found = found.select_for_update(of=("self",))
        self.rollout = found.get(pk=rollout_id)
        self.waves = list(self.rollout.waves.all())
        self.targets = {
            one.kiosk_id: one for one in self.rollout.targets.select_related("wave", "rollout")
        }

    def plan(self, awake_since: datetime | None, *, is_salt_away: bool) -> Plan:
        """As the planner has it."""
        rollout = self.rollout
        return Plan(
            stage=Stage(rollout.stage),
            waves=tuple(_wave(one) for one in self.waves),
            targets=tuple(_target(one) for one in self.targets.values()),
            on_failure=OnFailure(rollout.on_failure),
            kiosk_limit=timedelta(seconds=rollout.kiosk_limit_s),
            life=timedelta(seconds=rollout.life_s),
            expires_at=rollout.expires_at,
            brings_release=rollout.release_id is not None,
            reason=rollout.reason,
            ended_at=rollout.ended_at,
            awake_since=awake_since,
            is_salt_away=is_salt_away,
        )

    def save(self, was: Plan, decision: Decision, now: datetime, number: Callable[[], str]) -> bool:
        """Write what changed, with what that brings along; whether anything did.

        `number` gives job ids: one for all kiosks that begin the same job now.
        """
        plan = decision.plan
        changed = [
            (before, after)
            for before, after in zip(was.targets, plan.targets, strict=True)
            if before != after
        ]
        if not changed and plan == was:
            return False
        moves = [Move(self.targets[after.kiosk], before, after) for before, after in changed]
        bring(self.rollout, moves, now)
        self._save_targets(moves, number)
        self._save_waves(was, plan)
        self._save_rollout(plan, decision, now)
        return True

    def _save_targets(self, moves: Sequence[Move], number: Callable[[], str]) -> None:
        jids: dict[tuple[str, TargetStage], str] = {}
        for move in moves:
            row, after = move.row, move.after
            for name in _SAME:
                setattr(row, name, getattr(after, name))
            row.reason = row.reason[:500]
            if after.stage in JOBS and not after.jid:
                key = (release_of(row, after.stage), after.stage)
                jids[key] = row.jid = jids.get(key) or number()
        # An upsert: Django's bulk_update takes seconds for some hundred rows.
        models.Target.objects.bulk_create(
            [move.row for move in moves],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*_SAME, "release_before", "revision_before"],
        )

    def _save_waves(self, was: Plan, plan: Plan) -> None:
        for row, before, after in zip(self.waves, was.waves, plan.waves, strict=True):
            if before != after:
                row.stage, row.began_at = after.stage, after.began_at
                row.soaks_until, row.ended_at = after.soaks_until, after.ended_at
                row.save(update_fields=["stage", "began_at", "soaks_until", "ended_at"])

    def _save_rollout(self, plan: Plan, decision: Decision, now: datetime) -> None:
        rollout = self.rollout
        rollout.stage, rollout.reason = plan.stage, plan.reason[:500]
        rollout.expires_at, rollout.ended_at = plan.expires_at, plan.ended_at
        rollout.save(update_fields=["stage", "reason", "expires_at", "ended_at"])
        models.RolloutEvent.objects.bulk_create(
            models.RolloutEvent(
                rollout=rollout, at=now, what=one.what, subject=one.subject, reason=one.reason[:500]
            )
            for one in decision.events
        )


def release_of(row: models.Target, stage: TargetStage) -> str:
    """The release that a kiosk's job of this stage applies."""
    if stage is TargetStage.REVERTING or row.rollout.release_id is None:
        return row.release_before
    return row.rollout.release_id


def _wave(row: models.Wave) -> Wave:
    return Wave(
        position=row.position,
        at_a_time=row.at_a_time,
        soak=timedelta(seconds=row.soak_s),
        stop_after_failures=row.stop_after_failures,
        keeps_window=row.keeps_window,
        is_held=row.waits_for_approval and row.approved_at is None,
        stage=WaveStage(row.stage),
        began_at=row.began_at,
        soaks_until=row.soaks_until,
        ended_at=row.ended_at,
    )


def _target(row: models.Target) -> Target:
    same = {name: getattr(row, name) for name in _SAME}
    return Target(
        **{**same, "stage": TargetStage(row.stage)},
        kiosk=row.kiosk_id,
        wave=row.wave.position,
        can_revert=bool(row.release_before),
    )


def live(now: datetime) -> list[UUID]:
    """The rollouts that a turn must look at, the oldest first."""
    under_way = models.Target.objects.filter(
        stage__in=[stage for stage in TargetStage if stage.is_under_way]
    ).values("rollout_id")
    open_ones = models.Rollout.objects.filter(ended_at=None)
    moving = open_ones.filter(stage__in=(Stage.RUNNING, Stage.REVERTING))
    waiting = open_ones.filter(pk__in=under_way) | open_ones.filter(
        expires_at__lte=now, stage__in=(Stage.PROPOSED, Stage.PAUSED, Stage.STOPPED)
    )
    aborted = open_ones.filter(stage=Stage.ABORTED)
    rows: Iterable[tuple[UUID, datetime]] = (moving | waiting | aborted).values_list(
        "pk", "created_at"
    )
    return [pk for pk, _ in sorted(set(rows), key=lambda row: row[1])]
