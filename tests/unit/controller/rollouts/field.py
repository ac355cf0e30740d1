"""A field made of values, for trying the planner a thousand ways: kiosks that do as they are told.

A kiosk does each job once, however often it is given, and remembers what it answered. What it
becomes is drawn beforehand: how many seconds it takes, what it answers, what breaks. The rollout
lives in `plan` alone, as it would in the tables: a fresh driver goes on from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from controller.rollouts.following import JOBS, Follower
from controller.rollouts.health import Seen
from controller.rollouts.plan import Answer, Decision, Facts, Pace, Plan, Target, Wave
from controller.rollouts.planner import decide
from controller.rollouts.results import Outcome
from controller.rollouts.stages import OnFailure, Stage, TargetStage

BEGIN = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
PACE = Pace(
    ask_after=timedelta(seconds=30), settle=timedelta(seconds=20), again=timedelta(seconds=20)
)


@dataclass
class Machine:
    """One kiosk of the field. Times are seconds from the beginning."""

    takes_s: int = 5
    outcome: Outcome = Outcome.OK
    breaks: str = ""  # "camera", or "agent"
    busy_times: int = 0
    offline: tuple[tuple[int, int], ...] = ()
    session: tuple[tuple[int, int], ...] = ()
    closed: tuple[tuple[int, int], ...] = ()  # out of its window
    loses_returns: bool = False  # the master never has them; its own cache does
    done: dict[str, tuple[int, Outcome]] = field(default_factory=dict)  # jid -> when, what
    applied: list[str] = field(default_factory=list)  # jids that changed it
    reverted: list[str] = field(default_factory=list)
    broken_at: int | None = None
    known: set[str] = field(default_factory=set)  # jids whose return the controller has

    def is_at(self, spans: tuple[tuple[int, int], ...], second: int) -> bool:
        return any(begin <= second < end for begin, end in spans)

    def take(self, jid: str, stage: TargetStage, second: int) -> None:
        """Given a job: it begins at once, unless it has done it or cannot hear."""
        if jid in self.done or self.is_at(self.offline, second):
            return
        if self.busy_times > 0:
            self.busy_times -= 1
            self.done[jid] = (second + 1, Outcome.BUSY)
            return
        outcome = self.outcome if stage is TargetStage.APPLYING else Outcome.OK
        self.done[jid] = (second + self.takes_s, outcome)
        if stage is TargetStage.APPLYING:
            self.applied.append(jid)
            if self.breaks and outcome is Outcome.OK:
                self.broken_at = second + self.takes_s
        elif stage is TargetStage.REVERTING:
            self.reverted.append(jid)
            self.broken_at = None

    def facts(self, target: Target, second: int) -> Facts:
        is_broken = self.broken_at is not None and second >= self.broken_at
        is_there = not self.is_at(self.offline, second) and not (
            is_broken and self.breaks == "agent"
        )
        camera = "failed" if is_broken and self.breaks == "camera" else "ok"
        since = at(self.broken_at or 0)
        if not self.loses_returns:
            self._say(second)
        told = self.done.get(target.jid) if target.jid in self.known else None
        return Facts(
            is_online=is_there,
            is_in_session=self.is_at(self.session, second),
            is_in_window=not self.is_at(self.closed, second),
            heard_at=at(second) if is_there else None,
            devices={"camera": Seen(camera, since), "printer": Seen("failed", at(0))},
            answer=Answer(told[1], at(told[0])) if told else None,
        )

    def _say(self, second: int) -> None:
        for jid, (when, _) in self.done.items():
            if second >= when and not self.is_at(self.offline, when):
                self.known.add(jid)


def at(second: int) -> datetime:
    return BEGIN + timedelta(seconds=second)


@dataclass
class Field:
    """Machines, and the rollout that goes over them."""

    machines: Mapping[str, Machine]
    plan: Plan
    away: tuple[tuple[int, int], ...] = ()  # Salt
    number: int = 0
    history: list[Plan] = field(default_factory=list)
    begun: list[tuple[int, str, TargetStage]] = field(default_factory=list)  # jobs given

    def facts(self, second: int) -> dict[str, Facts]:
        return {one.kiosk: self.machines[one.kiosk].facts(one, second) for one in self.plan.targets}

    def is_away(self, second: int) -> bool:
        return any(begin <= second < end for begin, end in self.away)

    def decide(self, second: int) -> Decision:
        self.plan = replace(self.plan, is_salt_away=self.is_away(second))
        return decide(self.plan, self.facts(second), at(second), PACE)

    def write(self, decision: Decision) -> None:
        """As the tables do: what needs a job is given an id."""
        self.plan = replace(
            decision.plan, targets=tuple(map(self._numbered, decision.plan.targets))
        )
        self.history.append(self.plan)

    def give(self, decision: Decision, second: int, *, is_noted: bool = True) -> None:
        follower = Follower(self.plan, PACE, at(second))
        for target in self.plan.targets:
            if target.kiosk in decision.give and target.stage in JOBS:
                self.begun.append((second, target.kiosk, target.stage))
                self.machines[target.kiosk].take(target.jid, target.stage, second)
                if is_noted:
                    self.plan = self.plan.with_target(follower.given(target))

    def ask(self, decision: Decision, second: int) -> None:
        for target in self.plan.targets:
            if target.kiosk not in decision.ask:
                continue
            machine = self.machines[target.kiosk]
            is_there = not machine.is_at(machine.offline, second)
            when = machine.done.get(target.jid, (None,))[0]
            if is_there and when is not None and second >= when:
                machine.known.add(target.jid)
            is_lost = is_there and when is None
            self.plan = self.plan.with_target(
                replace(target, asked_at=at(second), is_given=target.is_given and not is_lost)
            )

    def turn(self, second: int, killed: str = "") -> None:
        """One turn; `killed`: where the driver dies in it, "" for nowhere."""
        decision = self.decide(second)
        if killed == "decided":
            return
        self.write(decision)
        if killed == "written" or self.is_away(second):
            return
        self.give(decision, second, is_noted=killed != "given")
        if killed == "given":
            return
        self.ask(decision, second)

    def run(self, until_s: int, step_s: int = 5, kills: Mapping[int, str] | None = None) -> Stage:
        """Turn after turn until it is over, or `until_s`."""
        for turn, second in enumerate(range(0, until_s, step_s)):
            self.turn(second, (kills or {}).get(turn, ""))
            if self.plan.ended_at is not None:
                break
        return self.plan.stage

    def stages(self) -> dict[str, TargetStage]:
        return {one.kiosk: one.stage for one in self.plan.targets}

    def _numbered(self, target: Target) -> Target:
        if target.stage not in JOBS or target.jid:
            return target
        self.number += 1
        return replace(target, jid=f"{self.number:020}")


def field_of(
    waves: tuple[tuple[Wave, tuple[Machine, ...]], ...], *, life_s: int = 7200,
    kiosk_limit_s: int = 300, on_failure: OnFailure = OnFailure.REVERT,
    away: tuple[tuple[int, int], ...] = (),
) -> Field:  # fmt: skip
    """Kiosks are called <wave>-<number>."""
    machines = {
        f"{wave.position}-{number}": machine
        for wave, members in waves
        for number, machine in enumerate(members)
    }
    targets = tuple(
        Target(f"{wave.position}-{number}", wave.position)
        for wave, members in waves
        for number in range(len(members))
    )
    plan = Plan(
        stage=Stage.RUNNING, waves=tuple(wave for wave, _ in waves), targets=targets,
        on_failure=on_failure, kiosk_limit=timedelta(seconds=kiosk_limit_s),
        life=timedelta(seconds=life_s), expires_at=at(life_s),
    )  # fmt: skip
    return Field(machines, plan, away)
