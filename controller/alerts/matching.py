"""Which rules a kiosk's facts match: the signs that something is amiss with it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contract.health import Health
from controller.alerts.alert import Alert, Cause, fingerprint
from controller.alerts.facts import DeviceFact, KioskFact, World
from controller.alerts.openings import elapsed_s, left, onset
from controller.alerts.rules import Match, Rule, Severity, Subject, Threshold, When

_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Sign:
    """A rule is matched: by a kiosk, by one of its devices, or by the controller.

    `since` is when it began, by the controller's clock and for counting; `onset` is what tells
    whether it began together with others.
    """

    rule: Rule
    cause: Cause
    culprit: str
    since: datetime
    onset: datetime
    kiosk: str = ""
    device: str = ""
    kind: str = ""
    reasons: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Of its alert."""
        return fingerprint(self.rule.key, self.cause, self.culprit)


def presence_signs(world: World, kiosk: KioskFact) -> Iterator[Sign]:
    """Of a kiosk that is dark, as itself or its last will said."""
    if kiosk.is_online:
        return
    for rule in world.rules.of(Subject.PRESENCE):
        if not _is_of_kiosk(rule.match, kiosk):
            continue
        if rule.match.left is not None and rule.match.left is not left(kiosk, world.zone):
            continue
        went = kiosk.presence_since
        missed = went if rule.when is When.ALWAYS else onset(kiosk, world.zone)
        yield _of_kiosk(rule, kiosk, went, missed)
        return


def silence_signs(world: World, kiosk: KioskFact, now: datetime) -> Iterator[Sign]:
    """Of a kiosk that is connected and says nothing: only once it has lasted."""
    if not kiosk.is_online:
        return
    since = max(kiosk.last_heard_at, world.deaf_until or kiosk.last_heard_at)
    for rule in world.rules.of(Subject.SILENCE):
        is_long = elapsed_s(rule.when, kiosk, since, now, world.zone) >= rule.for_s
        if is_long and _is_of_kiosk(rule.match, kiosk):
            yield _of_kiosk(rule, kiosk, since, since)


def device_signs(
    world: World, kiosk: KioskFact, current: Mapping[str, str], now: datetime
) -> Iterator[Sign]:
    """Of devices: of all rules that one matches the most severe speaks, and no other.

    Of equals it is `current`, the rule by which there is an alert of the device already, else the
    first in order.
    """
    since = min(now, kiosk.last_heard_at)
    for device in kiosk.devices:
        found = [
            rule
            for rule in world.rules.of_device(device.kind, device.health)
            if _matches(rule.match, kiosk, device)
        ]
        if found:
            rule = _loudest(world, found, current.get(device.device, ""))
            yield _of_device(rule, kiosk, device, since, {})


def metric_signs(
    world: World, kiosk: KioskFact, opened: Mapping[str, Alert], now: datetime
) -> Iterator[Sign]:
    """Of numbers beyond a bound; once begun, until they are back at `clear`."""
    since = min(now, kiosk.last_heard_at)
    for device in kiosk.devices:
        for rule in world.rules.of_metric(device.kind):
            bound = rule.match.threshold
            if bound is None or not _is_of_kiosk(rule.match, kiosk):
                continue
            if rule.match.only_required and device.device not in kiosk.required:
                continue
            key = fingerprint(rule.key, Cause.DEVICE, f"{kiosk.id}/{device.device}")
            value = device.metrics.get(bound.metric)
            old = opened.get(key)
            if value is None:
                if old is not None:  # it is not measured just now: nothing says that it is over
                    yield _of_device(rule, kiosk, device, since, old.details)
            elif is_beyond(bound, value, is_begun=old is not None):
                yield _of_device(rule, kiosk, device, since, _figures(bound, value))


def condition_signs(world: World) -> Iterator[Sign]:
    """Of the controller itself."""
    for condition in world.conditions:
        for rule in world.rules.of(Subject.CONDITION):
            if condition.key in rule.match.conditions:
                culprit = condition.subject or condition.key
                details = {"condition": condition.key}
                since = condition.since
                yield Sign(
                    rule, Cause.CONTROLLER, culprit, since, since, details=details,
                    reasons=(condition.key,),
                )  # fmt: skip


def is_beyond(bound: Threshold, value: float, *, is_begun: bool) -> bool:
    """Whether a number is amiss.

    >>> hot = Threshold("temperature_celsius", clear=75, above=85)
    >>> is_beyond(hot, 80, is_begun=False), is_beyond(hot, 80, is_begun=True)
    (False, True)
    """
    if bound.above is not None:
        return value > (bound.clear if is_begun else bound.above)
    return value < (bound.clear if is_begun else bound.below or 0.0)


def is_unmeasured(kiosk: KioskFact, device: str) -> bool:
    """Whether nothing is known of this device just now, for better or worse."""
    return any(one.device == device and one.health == Health.UNKNOWN for one in kiosk.devices)


def is_graver(one: Severity, other: Severity) -> bool:
    """Whether `one` matters more."""
    return _SEVERITIES.index(one) > _SEVERITIES.index(other)


def _loudest(world: World, rules: Iterable[Rule], current: str) -> Rule:
    return min(
        rules,
        key=lambda rule: (
            -_SEVERITIES.index(rule.severity),
            rule.key != current,
            world.rules.rank(rule),
        ),
    )


def _matches(match: Match, kiosk: KioskFact, device: DeviceFact) -> bool:
    if not _is_of_kiosk(match, kiosk):
        return False
    if match.only_required and device.device not in kiosk.required:
        return False
    reasons = set(device.reasons)
    if match.reasons and not reasons.intersection(match.reasons):
        return False
    return not reasons.intersection(match.except_reasons)


def _is_of_kiosk(match: Match, kiosk: KioskFact) -> bool:
    return not match.kiosk_kinds or kiosk.kind in match.kiosk_kinds


def _of_kiosk(rule: Rule, kiosk: KioskFact, since: datetime, began: datetime) -> Sign:
    why = (kiosk.presence_reason,) if kiosk.presence_reason and not kiosk.is_online else ()
    return Sign(rule, Cause.KIOSK, kiosk.id, since, began, kiosk.id, reasons=why)


def _of_device(
    rule: Rule,
    kiosk: KioskFact,
    device: DeviceFact,
    since: datetime,
    details: Mapping[str, Any],
) -> Sign:
    return Sign(
        rule,
        Cause.DEVICE,
        f"{kiosk.id}/{device.device}",
        since,
        device.since,
        kiosk.id,
        device.device,
        device.kind,
        device.reasons,
        details,
    )


def _figures(bound: Threshold, value: float) -> dict[str, Any]:
    limit = bound.above if bound.above is not None else bound.below
    return {"metric": bound.metric, "value": value, "bound": limit}
