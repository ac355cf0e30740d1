"""What becomes of one kiosk that something is being done to. Pure: target x facts x now -> target.

A job that was decided and perhaps not given is given again with the same id, as is one that the
kiosk knows nothing of: a minion does each id once. The limit of a step counts from the moment the
job was given, and is held against a kiosk only once it was asked after its job; past the life of
the rollout there is an end to that too.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controller.rollouts.health import noted, settled, worse
from controller.rollouts.plan import Answer, Facts, Pace, Plan, Target
from controller.rollouts.results import Outcome
from controller.rollouts.stages import Stage, TargetStage, Why, because

#: Stages that have a job.
JOBS = (TargetStage.APPLYING, TargetStage.CHECKING, TargetStage.REVERTING)

_FAULTS = {
    Outcome.FAILED: Why.STATE_FAILED,
    Outcome.STATES_INVALID: Why.STATES_INVALID,
    Outcome.PILLAR_FAILED: Why.PILLAR_FAILED,
    Outcome.BUSY: Why.BUSY,
    Outcome.MASTER_AWAY: Why.SALT_AWAY,
    Outcome.DRIFTED: Why.DRIFTED,
}


@dataclass(frozen=True, slots=True)
class Follower:
    """How the kiosks of one rollout are followed at one moment."""

    plan: Plan
    pace: Pace
    now: datetime

    def follow(self, target: Target, facts: Facts) -> Target:
        """The kiosk as it is from now on; the same while there is nothing new."""
        match target.stage:
            case TargetStage.APPLYING:
                return self._applying(target, facts)
            case TargetStage.CHECKING:
                return self._checking(target, facts)
            case TargetStage.PROVING:
                return self._proving(target, facts)
            case TargetStage.REVERTING:
                return self._reverting(target, facts)
        return target

    def watch(self, target: Target, facts: Facts) -> Target:
        """One that succeeded may still turn out worse."""
        if not facts.is_online:
            return target
        bad = self._worse(target, facts)
        gone = tuple(device for device in bad if device not in facts.devices)
        if hopeless := settled(bad, facts.devices, self.now, self.pace.settle) + gone:
            return self._failed(target, facts, because(Why.WORSE, ", ".join(hopeless)))
        return target

    def is_well(self, target: Target, facts: Facts) -> bool:
        """Whether it is there, and no worse than before."""
        return facts.is_online and not self._worse(target, facts)

    def given(self, target: Target) -> Target:
        """The master took its job. A step's time begins anew with the first few."""
        is_early = target.attempts < self.pace.failed_attempts
        since = self.now if is_early or target.asked_at is None else target.since
        return replace(target, is_given=True, since=since, attempts=target.attempts + 1)

    def unknown(self, target: Target) -> Target:
        """The master has no key of this kiosk: its turn comes when it has."""
        if target.stage is not TargetStage.APPLYING:
            return replace(target, not_before=self.now + self.pace.again_at_most)
        return self._put_back(target, because(Why.NO_MINION_KEY), self.pace.again_at_most)

    def asks(self, target: Target) -> bool:
        """Whether it is time to ask it after its job."""
        if target.stage not in JOBS or self.plan.is_salt_away:
            return False
        if self._is_withheld(target):
            return target.asked_at is None or self.now >= target.asked_at + self.pace.ask_after
        if not target.is_given:
            return False
        last = target.asked_at or target.since or self.now
        ends = self._deadline(target)
        return self.now >= last + self.pace.ask_after or (last < ends <= self.now)

    def gives(self, target: Target, facts: Facts, *, keeps_window: bool) -> bool:
        """Whether its job may be given now."""
        if target.stage not in JOBS or target.is_given or self.plan.is_salt_away:
            return False
        if self._is_withheld(target):
            return False
        if facts.is_in_session or (target.not_before is not None and self.now < target.not_before):
            return False
        if target.stage is TargetStage.REVERTING:
            return facts.is_online or is_agent_away(target)
        if target.stage is TargetStage.CHECKING:
            return True  # it has just answered, whatever became of its agent
        return facts.is_online and (facts.is_in_window or not keeps_window)

    def _applying(self, target: Target, facts: Facts) -> Target:
        answer = facts.answer
        if answer is None:
            return self._unanswered(target, facts)
        if answer.outcome is Outcome.OK:
            return self._to(
                target, TargetStage.CHECKING, jid="", is_given=False, attempts=0, asked_at=None,
                not_before=None, applied_at=answer.received_at, details=answer.details,
            )  # fmt: skip
        if answer.outcome is Outcome.MASTER_AWAY and self._may_mend(target, answer):
            return self._another(target)  # some of it may have been applied
        if self._may_mend(target, answer):
            return self._put_back(target, because(_FAULTS[answer.outcome]), self._wait(target))
        return self._faulty(target, facts, answer)

    def _checking(self, target: Target, facts: Facts) -> Target:
        answer = facts.answer
        if answer is None:
            return self._unanswered(target, facts)
        if answer.outcome is Outcome.OK:
            return self._to(target, TargetStage.PROVING)
        if self._may_mend(target, answer):
            return self._another(target)
        return self._faulty(target, facts, answer)

    def _proving(self, target: Target, facts: Facts) -> Target:
        applied = target.applied_at or target.since or self.now
        is_back = facts.heard_at is not None and facts.heard_at > applied and facts.is_online
        bad = self._worse(target, facts)
        if is_back and not bad:
            return self._to(
                target, TargetStage.SUCCEEDED, ended_at=self.now, reason="",
                health_after=noted(facts.devices),
            )  # fmt: skip
        if is_back and (hopeless := settled(bad, facts.devices, self.now, self.pace.settle)):
            return self._failed(target, facts, because(Why.WORSE, ", ".join(hopeless)))
        if self._is_late(target, facts):
            why = because(Why.WORSE, ", ".join(bad)) if is_back else because(Why.AGENT_AWAY)
            return self._failed(target, facts, why)
        return target

    def _reverting(self, target: Target, facts: Facts) -> Target:
        answer = facts.answer
        if answer is None:
            return self._unanswered(target, facts)
        if answer.outcome is Outcome.OK:
            return self._to(
                target, TargetStage.REVERTED, ended_at=self.now, health_after=noted(facts.devices)
            )
        can_mend = answer.outcome is Outcome.FAILED and (
            target.attempts < self.pace.failed_attempts
        )
        if can_mend or self._may_mend(target, answer):
            return self._another(target)
        return self._faulty(target, facts, answer)

    def _unanswered(self, target: Target, facts: Facts) -> Target:
        """Wait, until it was asked past its limit and there is still nothing."""
        if self._is_withheld(target) and target.asked_at is not None and facts.is_online:
            return self._put_back(target, "", timedelta())  # it knows nothing of it
        if not self._is_late(target, facts):
            return target
        was_asked = target.asked_at is not None and target.asked_at >= self._deadline(target)
        if not was_asked and not self._is_over():
            return target
        if target.stage is TargetStage.REVERTING and not self._is_over() and not facts.is_online:
            return replace(target, since=self.now, asked_at=None, is_given=False)
        why = Why.SALT_AWAY if self.plan.is_salt_away else Why.NO_RETURN
        return self._failed(target, facts, because(why))

    def _is_late(self, target: Target, facts: Facts) -> bool:
        if self._is_over():
            return True
        is_unsaid = target.stage in JOBS and not target.is_given and target.asked_at is None
        if is_unsaid and not self._is_withheld(target):
            return False  # Salt is away, or a citizen is there: that is no fault of the kiosk
        return not facts.is_in_session and self.now >= self._deadline(target)

    def _is_over(self) -> bool:
        return self.now >= self.plan.expires_at + self.plan.kiosk_limit

    def _deadline(self, target: Target) -> datetime:
        since = target.since or self.now
        awake = self.plan.awake_since
        return (max(since, awake) if awake else since) + self.plan.kiosk_limit

    def _may_mend(self, target: Target, answer: Answer) -> bool:
        if answer.outcome in (Outcome.BUSY, Outcome.MASTER_AWAY):
            return target.attempts < self.pace.busy_attempts
        is_pillar = answer.outcome is Outcome.PILLAR_FAILED
        return is_pillar and target.attempts < self.pace.failed_attempts

    def _is_withheld(self, target: Target) -> bool:
        """Decided, perhaps not given, and the rollout runs no more: nobody else is to get it."""
        is_begin = target.stage is TargetStage.APPLYING and not target.is_given
        return is_begin and self.plan.stage is not Stage.RUNNING

    def _put_back(self, target: Target, why: str, wait: timedelta) -> Target:
        """Nothing was done: its turn comes again later."""
        is_first = target.before_at == target.begun_at
        return self._to(
            target, TargetStage.WAITING, reason=why, jid="", is_given=False, asked_at=None,
            not_before=self.now + wait, begun_at=None,
            before_at=None if is_first else target.before_at,
        )  # fmt: skip

    def _another(self, target: Target) -> Target:
        """The same job again, with an id of its own."""
        return self._to(
            target, target.stage, jid="", is_given=False, asked_at=None,
            not_before=self.now + self._wait(target),
        )  # fmt: skip

    def _wait(self, target: Target) -> timedelta:
        longer: int = 2 ** min(max(0, target.attempts - 1), 10)
        return min(self.pace.again * longer, self.pace.again_at_most)

    def _faulty(self, target: Target, facts: Facts, answer: Answer) -> Target:
        why = because(_FAULTS[answer.outcome], answer.detail)
        return self._failed(replace(target, details=answer.details), facts, why)

    def _failed(self, target: Target, facts: Facts, why: str) -> Target:
        is_revert = target.stage is TargetStage.REVERTING
        stage = TargetStage.REVERT_FAILED if is_revert else TargetStage.FAILED
        return self._to(
            target, stage, reason=why, ended_at=self.now, not_before=None, attempts=0,
            health_after=noted(facts.devices),
        )  # fmt: skip

    def _to(self, target: Target, stage: TargetStage, **changes: object) -> Target:
        return replace(target, stage=stage, since=self.now, **changes)  # type: ignore[arg-type]

    def _worse(self, target: Target, facts: Facts) -> tuple[str, ...]:
        may_vanish = not self.plan.brings_release
        return worse(target.health_before, facts.devices, may_vanish=may_vanish)


def is_agent_away(target: Target) -> bool:
    """Whether it failed because its agent is gone: Salt alone may still reach it."""
    return target.reason == because(Why.AGENT_AWAY)
