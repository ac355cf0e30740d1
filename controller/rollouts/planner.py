"""What a rollout does next: plan x facts x now -> decision. Pure.

Asked again without anything changed, it decides the same. A wave begins when the one before passed
and, where it waits for one, a person said so. Its kiosks begin while they are online, out of
session and in their window, so many at a time. Kiosks that are offline hold up no wave of which
another succeeded: they have their turn when they return, gated as the others. Once so many of a
wave have failed, no kiosk of any wave begins, and the rollout stops or undoes what it did.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from controller.rollouts import reverting
from controller.rollouts.following import Follower
from controller.rollouts.health import noted
from controller.rollouts.plan import Decision, Event, Facts, Pace, Plan, Target, Wave
from controller.rollouts.stages import OnFailure, Stage, TargetStage, WaveStage, Why, because

_NOTHING = Facts()
_TOLD = (
    TargetStage.SUCCEEDED,
    TargetStage.FAILED,
    TargetStage.MISSED,
    TargetStage.REVERTED,
    TargetStage.REVERT_FAILED,
)


def decide(plan: Plan, facts: Mapping[str, Facts], now: datetime, pace: Pace) -> Decision:
    """What to do at `now`."""
    return _Turn(plan, facts, now, pace).decided()


class _Turn:
    """One decision in the making."""

    def __init__(self, plan: Plan, facts: Mapping[str, Facts], now: datetime, pace: Pace) -> None:
        self.was, self.now = plan, now
        self.facts = facts
        self.follower = Follower(plan, pace, now)
        self.targets = {target.kiosk: target for target in plan.targets}
        self.waves = list(plan.waves)
        self.stage, self.reason, self.ended_at = plan.stage, plan.reason, plan.ended_at
        self.expires_at = plan.expires_at
        self.events: list[Event] = []

    def decided(self) -> Decision:
        for target in self.was.targets:
            self.targets[target.kiosk] = self.follower.follow(target, self.of(target))
        match self.stage:
            case Stage.PROPOSED:
                self._expire()
            case Stage.RUNNING:
                self._run()
            case Stage.PAUSED | Stage.STOPPED:
                self._expire()
            case Stage.REVERTING:
                self._revert()
        if self.stage is Stage.ABORTED and self.ended_at is None and not self._under_way():
            self.ended_at = self.now
        return self._decision()

    def of(self, target: Target) -> Facts:
        return self.facts.get(target.kiosk, _NOTHING)

    def _run(self) -> None:
        self._watch()
        if failed := self._failed_wave():
            self._stop(failed)
            return
        self._move_waves()
        if self.now < self.expires_at:
            self._begin()
        else:
            self._close(TargetStage.MISSED)
        self._end_if_done()

    def _watch(self) -> None:
        for target in list(self.targets.values()):
            if target.stage is TargetStage.SUCCEEDED and self._is_watched(target):
                self.targets[target.kiosk] = self.follower.watch(target, self.of(target))

    def _is_watched(self, target: Target) -> bool:
        """While its wave soaks; and for as long, one that came after it."""
        wave = self.waves[target.wave]
        if wave.stage in (WaveStage.RUNNING, WaveStage.SOAKING):
            return True
        return target.ended_at is not None and self.now < target.ended_at + wave.soak

    def _failed_wave(self) -> Wave | None:
        for wave in self.waves:
            mine = self._mine(wave)
            if wave.has_begun and _count(mine, TargetStage.FAILED) >= wave.stop_after_failures:
                return wave
        return None

    def _stop(self, wave: Wave) -> None:
        failed = next(
            one for one in self._mine(wave) if one.stage is TargetStage.FAILED and one.reason
        )
        self._set(replace(wave, stage=WaveStage.FAILED, ended_at=self.now))
        self.reason = failed.reason
        self._tell("wave-failed", str(wave.position), failed.reason)
        if self.was.on_failure is OnFailure.PAUSE:
            self.stage = Stage.STOPPED
            self._tell("stopped", failed.kiosk, failed.reason)
            return
        self.stage = Stage.REVERTING
        self.expires_at = self.now + self.was.life
        self._tell("reverting", failed.kiosk, failed.reason)

    def _move_waves(self) -> None:
        for wave in list(self.waves):
            if wave.stage is WaveStage.RUNNING and self._is_through(wave):
                self._set(replace(wave, stage=WaveStage.SOAKING, soaks_until=self.now + wave.soak))
                self._tell("wave-soaking", str(wave.position))
            elif wave.stage is WaveStage.SOAKING and self._has_soaked(wave):
                self._set(replace(wave, stage=WaveStage.PASSED, ended_at=self.now))
                self._tell("wave-passed", str(wave.position))
        upcoming = next((one for one in self.waves if one.stage is not WaveStage.PASSED), None)
        if (
            upcoming is not None
            and upcoming.stage is WaveStage.WAITING
            and not upcoming.is_held
            and self.now < self.expires_at
        ):
            self._set(replace(upcoming, stage=WaveStage.RUNNING, began_at=self.now))
            self._tell("wave-began", str(upcoming.position))

    def _is_through(self, wave: Wave) -> bool:
        mine = self._mine(wave)
        waiting = [one for one in mine if one.stage is TargetStage.WAITING]
        return (
            not any(one.stage.is_under_way for one in mine)
            and (not waiting or bool(_count(mine, TargetStage.SUCCEEDED)))
            and not any(self._is_reachable(one) for one in waiting)
        )

    def _is_reachable(self, target: Target) -> bool:
        """Whether its turn will come while it is waited for."""
        return self.of(target).is_online and target.reason != because(Why.NO_MINION_KEY)

    def _has_soaked(self, wave: Wave) -> bool:
        """Time is up, and what can be seen of its kiosks is well."""
        if wave.soaks_until is None or self.now < wave.soaks_until:
            return False
        done = [one for one in self._mine(wave) if one.stage is TargetStage.SUCCEEDED]
        seen = [one for one in done if self.of(one).is_online]
        are_well = all(self.follower.is_well(one, self.of(one)) for one in seen)
        return are_well and bool(seen or not done)

    def _begin(self) -> None:
        begun = [wave for wave in self.waves if wave.has_begun]
        if not begun:
            return
        free = begun[-1].at_a_time - len(self._under_way())
        for wave in begun:
            mine = self._mine(wave)
            slots = min(free, wave.at_a_time - sum(one.stage.is_under_way for one in mine))
            for target in mine:
                if target.stage is not TargetStage.WAITING:
                    continue
                reason = self._waits_because(target, wave)
                if reason is None and slots > 0:
                    slots, free = slots - 1, free - 1
                    self.targets[target.kiosk] = self._begun(target)
                elif (reason or "") != target.reason:
                    self.targets[target.kiosk] = replace(target, reason=reason or "")

    def _waits_because(self, target: Target, wave: Wave) -> str | None:
        facts = self.of(target)
        if self.was.is_salt_away:
            return because(Why.SALT_AWAY)
        if not facts.is_online:
            return because(Why.OFFLINE)
        if not facts.has_key:
            return because(Why.NO_MINION_KEY)
        if target.not_before is not None and self.now < target.not_before:
            return target.reason
        if facts.is_in_session:
            return because(Why.IN_SESSION)
        if wave.keeps_window and not facts.is_in_window:
            return because(Why.OUT_OF_WINDOW)
        return None

    def _begun(self, target: Target) -> Target:
        """What is before is noted when its turn comes, and kept should it come again."""
        is_first = target.before_at is None
        return replace(
            target,
            stage=TargetStage.APPLYING,
            reason="",
            jid="",
            is_given=False,
            asked_at=None,
            not_before=None,
            begun_at=self.now,
            since=self.now,
            before_at=self.now if is_first else target.before_at,
            health_before=noted(self.of(target).devices) if is_first else target.health_before,
        )

    def _end_if_done(self) -> None:
        targets = self.targets.values()
        if any(one.stage is TargetStage.WAITING or one.stage.is_under_way for one in targets):
            return
        if self.now < self.expires_at and (
            any(wave.stage is not WaveStage.PASSED for wave in self.waves)
            or any(one.stage is TargetStage.SUCCEEDED and self._is_watched(one) for one in targets)
        ):
            return
        self.stage, self.ended_at = Stage.DONE, self.now
        self._tell("done")

    def _expire(self) -> None:
        """Nobody took it up again within its life."""
        if self.now < self.expires_at:
            return
        self._close(TargetStage.SKIPPED)
        if not self._under_way():
            self.stage, self.reason = Stage.ABORTED, self.reason or because(Why.EXPIRED)
            self._tell("expired")

    def _close(self, stage: TargetStage) -> None:
        for target in list(self.targets.values()):
            if target.stage is TargetStage.WAITING:
                self.targets[target.kiosk] = replace(
                    target, stage=stage, since=self.now, ended_at=self.now
                )

    def _revert(self) -> None:
        free = max(wave.at_a_time for wave in self.waves) - len(self._under_way())
        is_over = self.now >= self.expires_at
        for target in list(self.targets.values()):
            after = reverting.undone(
                target, self.of(target), self.now, is_over=is_over, is_free=free > 0,
                is_salt_away=self.was.is_salt_away,
            )  # fmt: skip
            free -= after.stage.is_under_way and not target.stage.is_under_way
            self.targets[target.kiosk] = after
        if all(reverting.is_settled(one) for one in self.targets.values()):
            self.stage, self.ended_at = Stage.REVERTED, self.now
            self._tell("reverted")

    def _decision(self) -> Decision:
        plan = replace(
            self.was,
            stage=self.stage,
            reason=self.reason,
            ended_at=self.ended_at,
            expires_at=self.expires_at,
            waves=tuple(self.waves),
            targets=tuple(self.targets.values()),
        )
        give, ask = [], []
        for target in plan.targets:
            keeps = self.waves[target.wave].keeps_window
            if self.follower.gives(target, self.of(target), keeps_window=keeps):
                give.append(target.kiosk)
            elif self.of(target).answer is None and self.follower.asks(target):
                ask.append(target.kiosk)
        return Decision(plan, (*self._of_kiosks(), *self.events), tuple(give), tuple(ask))

    def _of_kiosks(self) -> list[Event]:
        """What is told of kiosks, before what follows from it for all."""
        pairs = [(before, self.targets[before.kiosk]) for before in self.was.targets]
        return [
            Event(f"kiosk-{after.stage}", after.kiosk, after.reason)
            for before, after in pairs
            if after.stage is not before.stage and after.stage in _TOLD
        ]

    def _mine(self, wave: Wave) -> list[Target]:
        return [one for one in self.targets.values() if one.wave == wave.position]

    def _under_way(self) -> list[Target]:
        return [one for one in self.targets.values() if one.stage.is_under_way]

    def _set(self, wave: Wave) -> None:
        self.waves[wave.position] = wave

    def _tell(self, what: str, subject: str = "", reason: str = "") -> None:
        self.events.append(Event(what, subject, reason))


def _count(targets: list[Target], stage: TargetStage) -> int:
    return sum(one.stage is stage for one in targets)
