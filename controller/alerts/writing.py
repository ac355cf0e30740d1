"""From the engine's decisions to the database, in the transaction of the caller."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from controller.alerts.alert import Alert, Change, Event, Policy
from controller.alerts.models import Alert as Row
from controller.alerts.models import AlertEvent, Member
from controller.alerts.reading import OPEN_STATES


def write(changes: Sequence[Change], known: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Store what a turn decided; give the ids of new alerts by fingerprint.

    `known` holds the ids of open alerts. Those that end are written before those that begin, which
    may have their fingerprints.
    """
    ids: dict[str, int] = {}
    old = [change for change in changes if change.before is not None]
    for change in old:
        _update(change)
    new = [change for change in changes if change.before is None]
    rows = Row.objects.bulk_create([Row(**_values(change.after)) for change in new])
    numbers = {id(change): row.pk for change, row in zip(new, rows, strict=True)}
    for change in new:
        ids[change.after.fingerprint] = numbers[id(change)]
    for change in old:
        numbers[id(change)] = change.after.id
    _hide(changes, {**known, **ids}, numbers)
    _members(changes, numbers, now)
    AlertEvent.objects.bulk_create(
        [_event(numbers[id(change)], event, now) for change in changes for event in change.events]
    )
    return ids


def body(policy: Policy | None) -> dict[str, Any]:
    """What is frozen when an alert fires, in plain values."""
    if policy is None:
        return {}
    return {
        "rule": msgspec.to_builtins(policy.rule),
        "steps": [
            {"after_s": step.after_s, "contacts": list(step.contacts)} for step in policy.steps
        ],
    }


def _update(change: Change) -> None:
    """Only what is new: whoever acknowledges meanwhile writes other columns."""
    before = _values(change.before) if change.before else {}
    after = _values(change.after)
    differing = {name: value for name, value in after.items() if before.get(name) != value}
    if differing:
        Row.objects.filter(pk=change.after.id, state__in=OPEN_STATES).update(**differing)


def _values(alert: Alert) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "rule": alert.rule,
        "severity": str(alert.severity),
        "cause": str(alert.cause),
        "culprit": alert.culprit,
        "kiosk_id": alert.kiosk or None,
        "device": alert.device,
        "kind": alert.kind,
        "reasons": list(alert.reasons),
        "details": dict(alert.details),
        "policy": body(alert.policy),
        "state": str(alert.state),
        "since": alert.since,
        "fired_at": alert.fired_at,
        "clear_since": alert.clear_since,
        "resolved_at": alert.resolved_at,
        "flaps": alert.flaps,
        "step": alert.step,
        "silenced_by_id": alert.silenced_by or None,
    }


def _hide(changes: Sequence[Change], ids: Mapping[str, int], numbers: Mapping[int, int]) -> None:
    for change in changes:
        before = change.before.hidden_by if change.before else ""
        if before != change.after.hidden_by:
            cover = ids.get(change.after.hidden_by)
            Row.objects.filter(pk=numbers[id(change)]).update(hidden_by_id=cover)


def _members(changes: Sequence[Change], numbers: Mapping[int, int], now: datetime) -> None:
    for change in changes:
        before = change.before
        had, joined = (before.members, before.joined) if before else (frozenset(), frozenset())
        after, alert = change.after, numbers[id(change)]
        rows = Member.objects.filter(alert_id=alert)
        if gone := had - after.members:
            rows.filter(kiosk_id__in=gone).update(left_at=now)
        if back := (after.members & joined) - had:
            rows.filter(kiosk_id__in=back).update(left_at=None)
        Member.objects.bulk_create(
            [
                Member(alert_id=alert, kiosk_id=kiosk, joined_at=now)
                for kiosk in sorted(after.joined - joined)
            ]
        )


def _event(alert: int, event: Event, now: datetime) -> AlertEvent:
    return AlertEvent(
        alert_id=alert,
        at=now,
        name=str(event.name),
        details=dict(event.details),
        tells=list(event.tells),
        is_untold=bool(event.tells),
    )
