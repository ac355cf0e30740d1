"""An alert as the engine sees it, and what a turn does to it. No I/O, no Django."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from controller.alerts.facts import Step
from controller.alerts.rules import Rule, Severity


class State(StrEnum):
    """Its life. Acknowledged, hidden and silenced are told apart from it."""

    PENDING = "pending"  # seen, not yet for long enough
    FIRING = "firing"
    CLEARING = "clearing"  # no longer seen, not yet for long enough
    RESOLVED = "resolved"
    DROPPED = "dropped"  # it went before it fired: nobody was told


class Cause(StrEnum):
    """What is named as the culprit."""

    DEVICE = "device"
    KIOSK = "kiosk"
    SITE = "site"
    DEPARTMENT = "department"
    PROVIDER = "provider"
    FLEET = "fleet"
    CONTROLLER = "controller"


#: Causes that several kiosks have in common.
WIDE = frozenset({Cause.SITE, Cause.DEPARTMENT, Cause.PROVIDER, Cause.FLEET})


class Told(StrEnum):
    """What is written in the timeline. What people do is written by the services."""

    PENDING = "pending"
    FIRED = "fired"
    ESCALATED = "escalated"  # details: step
    ACKNOWLEDGED = "acknowledged"  # by people
    FLAPPED = "flapped"
    CLEARING = "clearing"
    RESOLVED = "resolved"
    DROPPED = "dropped"
    JOINED = "joined"  # details: kiosk
    LEFT = "left"
    HIDDEN = "hidden"  # details: by
    SHOWN = "shown"
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"
    NOTED = "noted"  # by people


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline; `tells` are the contacts to be told of it."""

    name: Told
    details: Mapping[str, Any] = field(default_factory=dict)
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What was agreed when the alert fired."""

    rule: Rule
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is not over; fields as in models.Alert.

    `members` are the kiosks that have the wider cause now, `joined` all that ever had it.
    """

    fingerprint: str
    rule: str
    severity: Severity
    cause: Cause
    culprit: str
    state: State
    since: datetime
    kiosk: str = ""
    device: str = ""
    kind: str = ""
    reasons: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy | None = None
    fired_at: datetime | None = None
    clear_since: datetime | None = None
    resolved_at: datetime | None = None
    flaps: int = 0
    step: int = 0
    hidden_by: str = ""  # a fingerprint
    silenced_by: int = 0  # a silence
    is_acknowledged: bool = False
    members: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    id: int = 0  # 0: not stored yet

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.state not in (State.RESOLVED, State.DROPPED)

    @property
    def has_fired(self) -> bool:
        """Whether it is more than a first sign, and not over."""
        return self.state in (State.FIRING, State.CLEARING)

    @property
    def is_seen(self) -> bool:
        """Whether it is so just now, as far as is known."""
        return self.is_open and self.clear_since is None

    @property
    def is_wide(self) -> bool:
        """Whether several kiosks have it in common."""
        return self.cause in WIDE


@dataclass(frozen=True, slots=True)
class Change:
    """What a turn does to one alert: from `before` (None: there was none) to `after`."""

    before: Alert | None
    after: Alert
    events: tuple[Event, ...]


def fingerprint(rule: str, cause: Cause, culprit: str) -> str:
    """What an open alert is known by, once.

    >>> fingerprint("offline", Cause.PROVIDER, "Orange")
    'offline|provider|Orange'
    """
    return f"{rule}|{cause}|{culprit}"
