"""The fleet's history as the engine would have seen it: from stored changes back to facts."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.db.models import F, Q

from controller.alerts import kiosk_rows
from controller.alerts.facts import DeviceFact, KioskFact
from controller.alerts.rules import Rule, Subject
from controller.fleet.models import Reading, Resolution, StateChange

#: More changes than this are not replayed: some seconds of work.
MOST = 200_000
_PRESENCE = "presence"
_GONE = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What was heard of one device, or of the kiosk's presence (`device` is empty)."""

    at: datetime
    kiosk: str
    device: str
    kind: str
    before: str
    after: str
    reasons: tuple[str, ...] = ()
    metric: str = ""
    value: float = 0.0


@dataclass(slots=True)
class Past:
    """Kiosks as they were at `start`, and what was heard of them since."""

    start: datetime
    kiosks: dict[str, KioskFact]
    steps: list[Step]
    is_cut: bool = False
    _facts: dict[str, KioskFact] = field(default_factory=dict)

    def moments(self) -> Iterator[tuple[datetime, dict[str, KioskFact]]]:
        """At each instant the kiosks of which something was heard, as they were from then on."""
        self._facts = dict(self.kiosks)
        for at, steps in groupby(self.steps, key=lambda step: step.at):
            touched = set()
            for step in steps:
                kiosk = self._facts.get(step.kiosk)
                if kiosk is not None:
                    self._facts[step.kiosk] = _after(kiosk, step)
                    touched.add(step.kiosk)
            yield at, {name: self._facts[name] for name in touched}


def read(rule: Rule, days: int, now: datetime) -> Past:
    """What bears on this rule. Four queries, and two for each 500 kiosks."""
    start = now - timedelta(days=days)
    steps = _changes(rule, start, now)
    is_cut = len(steps) >= MOST
    if is_cut:
        start = steps[0].at
    if rule.match.threshold is not None:
        steps += _readings(rule, start, now)
        steps.sort(key=lambda step: step.at)
    kiosks = {name: fact for name, (fact, _) in kiosk_rows.kiosks().items()}
    return Past(start, _as_then(kiosks, steps, start), steps, is_cut)


def _changes(rule: Rule, start: datetime, now: datetime) -> list[Step]:
    rows = StateChange.objects.filter(received_at__gt=start, received_at__lte=now)
    if rule.match.subject is Subject.PRESENCE:
        rows = rows.filter(kind=_PRESENCE)
    elif rule.match.kinds:
        rows = rows.filter(Q(kind=_PRESENCE) | Q(kind__in=rule.match.kinds))
    values = rows.order_by("-received_at", "-id").values_list(
        "received_at", "kiosk_id", "device", "kind", "before", "after", "reasons"
    )
    found = [Step(*row[:6], tuple(row[6])) for row in values[:MOST]]
    return found[::-1]


def _readings(rule: Rule, start: datetime, now: datetime) -> list[Step]:
    """A mean counts when its hour is over."""
    bound = rule.match.threshold
    if bound is None:
        return []
    rows = (
        Reading.objects.filter(
            resolution=Resolution.HOUR,
            series__metric=bound.metric,
            start__gte=int(start.timestamp()),
            start__lt=int(now.timestamp()),
        )
        .annotate(kiosk=F("series__kiosk_id"), device=F("series__device"))
        .order_by("start")
        .values_list("start", "kiosk", "device", "mean")[:MOST]
    )
    return [
        Step(
            datetime.fromtimestamp(begun + Resolution.HOUR, UTC),
            kiosk,
            device,
            "",
            "",
            "",
            metric=bound.metric,
            value=mean,
        )
        for begun, kiosk, device, mean in rows
        if begun + Resolution.HOUR <= now.timestamp()
    ]


def _as_then(
    kiosks: dict[str, KioskFact], steps: list[Step], start: datetime
) -> dict[str, KioskFact]:
    """Take back what was heard since: a thing was before its first change what that says."""
    first: dict[str, dict[str, Step]] = {}
    for step in steps:
        if not step.metric:
            first.setdefault(step.kiosk, {}).setdefault(step.device, step)
    found = {}
    for name, kiosk in kiosks.items():
        own = first.get(name, {})
        present = {one.device: one for one in kiosk.devices if one.device not in own}
        for device, step in own.items():
            if device and step.before:
                present[device] = DeviceFact(device, step.kind, step.before, (), {}, start)
        known = tuple(replace(one, metrics={}) for one in present.values())
        presence = own.get("")
        is_online = presence.before == "online" if presence else kiosk.is_online
        since = start if presence else min(kiosk.presence_since, start)
        found[name] = replace(
            kiosk,
            is_online=is_online,
            presence_since=since,
            last_heard_at=start,
            is_current=True,
            devices=known,
        )
    return found


def _after(kiosk: KioskFact, step: Step) -> KioskFact:
    if step.metric:
        return _measured(kiosk, step)
    if not step.device:
        is_online = step.after == "online"
        return replace(
            kiosk,
            is_online=is_online,
            presence_since=step.at,
            presence_reason="" if is_online else " ".join(step.reasons),
            last_heard_at=step.at,
        )
    devices = {one.device: one for one in kiosk.devices}
    old = devices.pop(step.device, None)
    if step.after != _GONE:
        metrics = old.metrics if old else {}
        devices[step.device] = DeviceFact(
            step.device, step.kind, step.after, step.reasons, metrics, step.at
        )
    return replace(kiosk, devices=tuple(devices.values()), last_heard_at=step.at)


def _measured(kiosk: KioskFact, step: Step) -> KioskFact:
    devices = tuple(
        replace(one, metrics={**one.metrics, step.metric: step.value})
        if one.device == step.device
        else one
        for one in kiosk.devices
    )
    return replace(kiosk, devices=devices, last_heard_at=step.at)
