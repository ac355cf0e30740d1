"""One cause for what several kiosks, or several devices of one kiosk, show together. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from controller.alerts.alert import Alert, Cause
from controller.alerts.book import Book
from controller.alerts.facts import KioskFact, World
from controller.alerts.life import onset_of
from controller.alerts.openings import counts_now
from controller.alerts.rules import Rule, Scope, Subject

#: What begins within so much of each other may have one cause: a last will comes up to one and a
#: half keep-alives after the line was cut, and probes measure in turn.
TOGETHER = timedelta(minutes=15)
#: Devices of one kiosk: those of one USB hub go within seconds.
AT_ONCE = timedelta(seconds=30)
#: A cause counts while so much of all that ever had it still has it.
STILL_SHARE = 0.5


class Bound(NamedTuple):
    """How much of a group must be amiss for the group to be the culprit."""

    share: float
    least: int


BOUNDS = {
    Scope.FLEET: Bound(0.8, 3),
    Scope.PROVIDER: Bound(0.8, 3),
    Scope.DEPARTMENT: Bound(0.8, 3),
    Scope.SITE: Bound(1.0, 2),
}
_WIDTH = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Found:
    """A cause, the alerts of single kiosks that it explains, and the kiosks they are of."""

    rule: Rule
    scope: Scope
    place: str
    alerts: tuple[Alert, ...]
    kiosks: frozenset[str]

    @property
    def cause(self) -> Cause:
        """As an alert has it."""
        return Cause(str(self.scope))


def bearer(world: World, rule: Rule) -> Rule | None:
    """The rule whose name a wider cause of this rule bears; None when it gathers nothing."""
    named = world.rules.get(rule.gathers_as) if rule.gathers_as else rule
    return named if named is not None and named.gathers else None


class Crowd:
    """The open alerts of single kiosks that may have one cause, found by group and time.

    Good for one instant, and until a cause has been found: then some are no longer single.
    """

    def __init__(self, world: World, alerts: Iterable[Alert], rule: Rule, now: datetime) -> None:
        """`alerts` are those whose rules gather under `rule`."""
        self._world, self._rule, self._now = world, rule, now
        self._groups: dict[tuple[Scope, str], list[tuple[datetime, str, Alert]]] = {}
        self._shares: dict[tuple[Scope, str, str, str, int, int], float] = {}
        for alert in alerts:
            kiosk = world.kiosks.get(alert.kiosk)
            if kiosk is None:
                continue
            for scope in rule.gathers:
                group = self._groups.setdefault((scope, kiosk.place(scope)), [])
                group.append((began_at(alert), alert.fingerprint, alert))
        for group in self._groups.values():
            group.sort(key=lambda entry: entry[:2])

    def cause_of(self, first: Alert) -> Found | None:
        """What explains most of what began with `first`; of equals the fullest, the widest."""
        home, began = self._world.kiosks.get(first.kiosk), began_at(first)
        best: tuple[int, float, int] | None = None
        found = None
        if home is None:
            return None
        for scope in self._rule.gathers:
            place = home.place(scope)
            group = self._groups.get((scope, place), []) if place else []
            low = bisect_left(group, began - TOGETHER, key=lambda entry: entry[0])
            high = bisect_right(group, began + TOGETHER, key=lambda entry: entry[0])
            key = (scope, place, first.rule, first.kind, low, high)
            if key not in self._shares:
                inside = [entry[2] for entry in group[low:high]]
                self._shares[key] = _share(self._world, inside, scope, place, first, self._now)
            if not (share := self._shares[key]):
                continue
            alerts = tuple(entry[2] for entry in group[low:high])
            kiosks = frozenset(one.kiosk for one in alerts)
            score = (len(kiosks), share, -_WIDTH.index(scope))
            if best is None or score > best:
                best, found = score, Found(self._rule, scope, place, alerts, kiosks)
        return found


def began_at(alert: Alert) -> datetime:
    """When it began for the controller: clocks of several kiosks are not to be compared."""
    return alert.since if alert.device else onset_of(alert.details, alert.since)


def at_once(world: World, book: Book, first: Alert) -> list[Alert]:
    """The alerts of devices of one kiosk that began at the same moment as `first`, with it."""
    began = onset_of(first.details, first.since)
    return [
        one
        for one in book.of_kiosk(first.kiosk)
        if one.cause is Cause.DEVICE
        and one.is_seen
        and _is_of_devices(world, one)
        and abs(onset_of(one.details, one.since) - began) <= AT_ONCE
    ]


def is_still_so(alert: Alert) -> bool:
    """Whether enough of a wider cause's kiosks still have it."""
    return bool(alert.members) and len(alert.members) >= STILL_SHARE * len(alert.joined)


def covers(wide: Alert, kiosk: KioskFact, began: datetime) -> bool:
    """Whether what began at a kiosk is part of a wider cause that is known already."""
    if began < began_at(wide) - TOGETHER:
        return False
    return kiosk.place(Scope(str(wide.cause))) == wide.culprit


def _is_of_devices(world: World, alert: Alert) -> bool:
    rule = world.rules.get(alert.rule)
    return rule is not None and rule.match.subject is Subject.DEVICE


def _share(
    world: World, inside: list[Alert], scope: Scope, place: str, first: Alert, now: datetime
) -> float:
    """How much of the group is amiss; 0 where that does not make the group the culprit."""
    bound = BOUNDS[scope]
    kiosks = {one.kiosk for one in inside}
    if len(kiosks) < bound.least:
        return 0.0
    if scope is not Scope.SITE and len({world.kiosks[name].site for name in kiosks}) < 2:
        return 0.0
    rule = world.rules.get(first.rule)
    well = sum(
        kiosk.id not in kiosks and _could_be(world, kiosk, rule, first.kind, now)
        for kiosk in world.members_of(scope, place)
    )
    share = len(kiosks) / (len(kiosks) + well)
    return share if share >= bound.share else 0.0


def _could_be(world: World, kiosk: KioskFact, rule: Rule | None, kind: str, now: datetime) -> bool:
    """Whether a kiosk would be amiss too, had it the cause: it works, and works just now."""
    if rule is None or not kiosk.is_online or world.quiet(kiosk, now):
        return False
    if not counts_now(rule.when, kiosk, now, world.zone):
        return False
    return not kind or any(device.kind == kind for device in kiosk.devices)
