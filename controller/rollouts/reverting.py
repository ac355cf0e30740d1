"""How what a rollout did to one kiosk is undone. Pure.

It waits while the kiosk is offline or in session, and for no maintenance window: a kiosk that an
update broke is of no use until it is restored. One whose agent did not come back is tried by Salt
all the same. What cannot be undone within the life of the revert stays, and is told.
"""

from dataclasses import replace
from datetime import datetime

from controller.rollouts.following import is_agent_away
from controller.rollouts.plan import Facts, Target
from controller.rollouts.stages import TargetStage, Why, because

#: From these it can be undone at once: no job is under way.
_UNDOABLE = (
    TargetStage.WAITING,
    TargetStage.PROVING,
    TargetStage.SUCCEEDED,
    TargetStage.FAILED,
    TargetStage.MISSED,
    TargetStage.SKIPPED,
)


def undone(
    target: Target, facts: Facts, now: datetime, *, is_over: bool, is_free: bool, is_salt_away: bool
) -> Target:
    """The kiosk with its revert begun, given up, or as it was."""
    if target.stage not in _UNDOABLE:
        return target
    if target.before_at is None:
        if target.stage is TargetStage.WAITING:
            return replace(target, stage=TargetStage.SKIPPED, since=now, ended_at=now)
        return target
    if not target.can_revert:
        return _given_up(target, now, because(Why.NOTHING_BEFORE))
    waits = _waits_because(target, facts, is_salt_away=is_salt_away)
    if is_over:
        return _given_up(target, now, waits or because(Why.EXPIRED))
    has_slot = is_free or target.stage is TargetStage.PROVING  # it holds one
    if waits or not has_slot or (target.not_before is not None and now < target.not_before):
        return target
    return replace(
        target,
        stage=TargetStage.REVERTING,
        jid="",
        is_given=False,
        attempts=0,
        asked_at=None,
        not_before=None,
        begun_at=now,
        since=now,
        ended_at=None,
    )


def is_settled(target: Target) -> bool:
    """Whether nothing of it is left to be undone."""
    return not target.stage.is_under_way and (
        target.before_at is None or target.stage not in _UNDOABLE
    )


def _waits_because(target: Target, facts: Facts, *, is_salt_away: bool) -> str:
    if is_salt_away:
        return because(Why.SALT_AWAY)
    if facts.is_in_session:
        return because(Why.IN_SESSION)
    if not facts.is_online and not is_agent_away(target):
        return because(Why.OFFLINE)
    return ""


def _given_up(target: Target, now: datetime, why: str) -> Target:
    return replace(target, stage=TargetStage.REVERT_FAILED, reason=why, since=now, ended_at=now)
