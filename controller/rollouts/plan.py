"""What the planner decides from, and what it decides: values, as the tables have them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from controller.rollouts.health import Seen
from controller.rollouts.results import Outcome
from controller.rollouts.stages import OnFailure, Stage, TargetStage, WaveStage


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a rollout is."""

    ask_after: timedelta = timedelta(seconds=30)  # without a return
    #: A device is worse once it has been so for so long: agents and drivers begin anew.
    settle: timedelta = timedelta(seconds=60)
    again: timedelta = timedelta(seconds=30)  # after a first refusal; doubled each time
    again_at_most: timedelta = timedelta(minutes=10)
    busy_attempts: int = 20  # some three hours
    failed_attempts: int = 3  # of what may mend by itself: a pillar, a revert
    reconcile_s: float = 15.0  # how often the master is asked for returns that nobody heard
    knock_s: float = 5.0  # how often it is tried whether Salt is back
    answer_s: float = 5.0  # how long minions may take to answer a question


@dataclass(frozen=True, slots=True)
class Answer:
    """What a minion gave back for the job in hand."""

    outcome: Outcome
    received_at: datetime
    detail: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """How a kiosk is now."""

    is_online: bool = False
    is_in_session: bool = False
    is_in_window: bool = True
    has_key: bool = True  # the master knows its minion
    heard_at: datetime | None = None  # its agent said how all is, by our clock
    devices: Mapping[str, Seen] = field(default_factory=dict)
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One kiosk of a rollout; fields as in models.Target.

    `jid` empty on a stage that has a job: one is to be numbered. `can_revert`: what it had before
    is known.
    """

    kiosk: str
    wave: int
    stage: TargetStage = TargetStage.WAITING
    reason: str = ""
    jid: str = ""
    is_given: bool = False
    attempts: int = 0
    not_before: datetime | None = None
    begun_at: datetime | None = None
    asked_at: datetime | None = None
    before_at: datetime | None = None
    since: datetime | None = None
    applied_at: datetime | None = None
    ended_at: datetime | None = None
    can_revert: bool = True
    health_before: Mapping[str, str] = field(default_factory=dict)
    health_after: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wave:
    """Fields as in models.Wave; `is_held`: it waits for a person's word."""

    position: int
    at_a_time: int = 1
    soak: timedelta = timedelta()
    stop_after_failures: int = 1
    keeps_window: bool = True
    is_held: bool = False
    stage: WaveStage = WaveStage.WAITING
    began_at: datetime | None = None
    soaks_until: datetime | None = None
    ended_at: datetime | None = None

    @property
    def has_begun(self) -> bool:
        """Whether its kiosks may have it."""
        return self.stage is not WaveStage.WAITING


@dataclass(frozen=True, slots=True)
class Plan:
    """A rollout as it stands. `waves` are in their order, their positions 0, 1, 2, ...

    `brings_release`: a device that is reported no more is worse then; a configuration may have
    taken it off the list. `awake_since`: nobody looked before, so no time is held against a kiosk.
    """

    stage: Stage
    waves: tuple[Wave, ...]
    targets: tuple[Target, ...]
    on_failure: OnFailure
    kiosk_limit: timedelta
    life: timedelta
    expires_at: datetime
    brings_release: bool = True
    reason: str = ""
    ended_at: datetime | None = None
    awake_since: datetime | None = None
    is_salt_away: bool = False

    def with_target(self, target: Target) -> "Plan":
        """The same with one of its kiosks changed."""
        targets = tuple(target if one.kiosk == target.kiosk else one for one in self.targets)
        return replace(self, targets=targets)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a rollout's past."""

    what: str
    subject: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The rollout as it is to be from now on, what is told of that, and what is then to be done.

    `give`: kiosks whose job is to be given now; `ask`: those to be asked after theirs.
    """

    plan: Plan
    events: tuple[Event, ...] = ()
    give: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
