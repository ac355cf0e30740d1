"""Whom to call when a rollout has stopped by itself: a condition, for the alerts."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from controller.alerts.models import Condition
from controller.alerts.services import clear_condition, set_condition
from controller.rollouts.models import Rollout, Target
from controller.rollouts.stages import Stage, TargetStage

STOPPED = "rollout-stopped"
#: Kiosks that could not be restored are told of for so long.
LASTS = timedelta(days=7)


def notice(now: datetime) -> bool:
    """Say which rollouts have stopped by themselves, or left kiosks that are not restored; and
    take it back. There is never more to do at once."""
    stopped = {_subject(one): one for one in _stopped(now)}
    said = set(Condition.objects.filter(key=STOPPED).values_list("subject", flat=True))
    for subject in said - stopped.keys():
        clear_condition(STOPPED, subject, now)
    for subject in sorted(stopped.keys() - said):
        one = stopped[subject]
        set_condition(STOPPED, subject, {"rollout": str(one.pk), "reason": one.reason}, now)
    return False


def _stopped(now: datetime) -> list[Rollout]:
    """One that a person has stopped or reverts has no reason."""
    by_itself = Rollout.objects.exclude(reason="")
    left = Target.objects.filter(rollout=OuterRef("pk"), stage=TargetStage.REVERT_FAILED)
    waits = by_itself.filter(stage__in=(Stage.STOPPED, Stage.REVERTING))
    over = by_itself.filter(Exists(left), stage=Stage.REVERTED, ended_at__gte=now - LASTS)
    return [*over.order_by("created_at"), *waits.order_by("created_at")]


def _subject(rollout: Rollout) -> str:
    return rollout.title[:63] or str(rollout.pk)
