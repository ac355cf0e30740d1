"""What is known of the fleet at one moment, as the engine sees it. No I/O, no Django."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from controller.alerts.rules import Match, Rule, Scope, Subject

#: Conditions of the controller under which it does not hear its kiosks.
DEAF = frozenset({"broker-away", "ingest-silent"})


@dataclass(frozen=True, slots=True)
class DeviceFact:
    """One device as last reported; `since` as in fleet.models.Device."""

    device: str
    kind: str
    health: str
    reasons: tuple[str, ...]
    metrics: Mapping[str, float]
    since: datetime


@dataclass(frozen=True, slots=True)
class KioskFact:
    """One kiosk that was heard at least once.

    `is_current`: its devices are as it says now, not as it said before it went away.
    """

    id: str
    kind: str
    is_active: bool
    site: str
    department: str
    provider: str
    hours: str  # opening hours of its host
    is_online: bool
    presence_since: datetime
    presence_reason: str
    last_heard_at: datetime
    is_current: bool
    required: frozenset[str] = frozenset()
    devices: tuple[DeviceFact, ...] = ()

    def place(self, scope: Scope) -> str:
        """Its group in that scope; empty where it is in none."""
        if scope is Scope.SITE:
            return self.site
        if scope is Scope.DEPARTMENT:
            return self.department
        return self.provider if scope is Scope.PROVIDER else "fleet"


class ConditionFact(NamedTuple):
    """Something amiss with the controller itself."""

    key: str
    subject: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence, or maintenance; an empty field covers all."""

    id: int
    is_maintenance: bool
    rule: str
    kind: str
    kiosk: str
    site: str
    department: str
    starts_at: datetime
    ends_at: datetime

    def is_in_force(self, now: datetime) -> bool:
        """Whether it counts now."""
        return self.starts_at <= now < self.ends_at

    def covers(self, rule: str, kind: str, kiosk: KioskFact | None) -> bool:
        """Whether it is about an alert of this rule, kind of device and kiosk (None: of none)."""
        if (self.rule and self.rule != rule) or (self.kind and self.kind != kind):
            return False
        if kiosk is None:
            return not (self.kiosk or self.site or self.department)
        return (
            self.kiosk in ("", kiosk.id)
            and self.site in ("", kiosk.site)
            and self.department in ("", kiosk.department)
        )

    def covers_kiosk(self, kiosk: KioskFact) -> bool:
        """Whether it is about all that could be said of this kiosk."""
        return not self.rule and not self.kind and self.covers("", "", kiosk)


@dataclass(frozen=True, slots=True)
class Step:
    """Whom to tell, how long after the alert fired."""

    after_s: int
    contacts: tuple[str, ...]


class Rulebook:
    """The rules that count, found quickly by what they look at."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = {rule.key: rule for rule in rules if rule.is_enabled}
        self._rank = {key: rank for rank, key in enumerate(self.rules)}
        self._by_subject = {
            subject: tuple(rule for rule in self.rules.values() if rule.match.subject is subject)
            for subject in Subject
        }
        self._by_device: dict[tuple[str, str], tuple[Rule, ...]] = {}
        self._by_metric: dict[str, tuple[Rule, ...]] = {}

    def get(self, key: str) -> Rule | None:
        """The rule of this key; None when it counts no more."""
        return self.rules.get(key)

    def of(self, subject: Subject) -> tuple[Rule, ...]:
        """Those that look at this, in their order."""
        return self._by_subject[subject]

    def of_device(self, kind: str, health: str) -> tuple[Rule, ...]:
        """Those that a device of this kind and health may match."""
        key = (kind, health)
        if key not in self._by_device:
            self._by_device[key] = tuple(
                rule
                for rule in self.of(Subject.DEVICE)
                if _looks_at(rule.match, kind) and health in (rule.match.health or (health,))
            )
        return self._by_device[key]

    def of_metric(self, kind: str) -> tuple[Rule, ...]:
        """Those that look at a number of such devices."""
        if kind not in self._by_metric:
            self._by_metric[kind] = tuple(
                rule for rule in self.of(Subject.METRIC) if _looks_at(rule.match, kind)
            )
        return self._by_metric[kind]

    def rank(self, rule: Rule) -> int:
        """Its place in the order."""
        return self._rank.get(rule.key, len(self._rank))


def _looks_at(match: Match, kind: str) -> bool:
    return not match.kinds or kind in match.kinds


@dataclass(slots=True)
class World:
    """All facts. Kiosks are replaced one by one as they change; nothing else moves in a turn."""

    rules: Rulebook
    zone: str  # whose wall clocks tell opening hours
    routes: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    kiosks: dict[str, KioskFact] = field(default_factory=dict)
    conditions: tuple[ConditionFact, ...] = ()
    quiets: tuple[Quiet, ...] = ()
    deaf_until: datetime | None = None  # when kiosks could be heard again, the last time
    served_since: dict[str, datetime] = field(default_factory=dict)  # out of maintenance
    #: When a wider cause ended that the kiosk still had: what is left counts from then.
    released: dict[str, datetime] = field(default_factory=dict)

    @property
    def is_deaf(self) -> bool:
        """Whether the controller does not hear its kiosks."""
        return any(condition.key in DEAF for condition in self.conditions)

    def quiet(self, kiosk: KioskFact, now: datetime) -> bool:
        """Whether this kiosk is not in service: it is no alert that anything of it is amiss."""
        return not kiosk.is_active or any(
            quiet.is_maintenance and quiet.is_in_force(now) and quiet.covers_kiosk(kiosk)
            for quiet in self.quiets
        )

    def quieted_until(self, rule: str, kind: str, kiosk: KioskFact, now: datetime) -> datetime:
        """The last end of a maintenance that covered this; the first of all times without one."""
        ends = [
            quiet.ends_at
            for quiet in self.quiets
            if quiet.is_maintenance and quiet.ends_at <= now and quiet.covers(rule, kind, kiosk)
        ]
        if kiosk.id in self.served_since:
            ends.append(self.served_since[kiosk.id])
        return max(ends, default=_EVER)

    def members_of(self, scope: Scope, place: str) -> Iterator[KioskFact]:
        """The kiosks of a site, a department, a provider, or all."""
        return (kiosk for kiosk in self.kiosks.values() if kiosk.place(scope) == place)


_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
