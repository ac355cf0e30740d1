"""From the database to the engine's facts: rules, routes, silences, conditions and open alerts."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.alerts.alert import Alert, Cause, Policy, State
from controller.alerts.facts import ConditionFact, Quiet, Rulebook, Step
from controller.alerts.models import Alert as Row
from controller.alerts.models import Condition, Member, Route, Silence, StoredRule, Turn
from controller.alerts.rules import Rule, Severity, parse
from controller.errors import Refused

_log = logging.getLogger("vigie.worker")

#: A maintenance that ended so long ago bears on nothing any more.
_PAST = timedelta(days=30)
OPEN_STATES = (str(State.PENDING), str(State.FIRING), str(State.CLEARING))


@dataclass(frozen=True, slots=True)
class Settings:
    """All that people set, and what is amiss with the controller."""

    rules: Rulebook
    routes: dict[str, tuple[Step, ...]]
    quiets: tuple[Quiet, ...]
    conditions: tuple[ConditionFact, ...]
    deaf_until: datetime | None


def settings(now: datetime) -> Settings:
    """Five queries."""
    return Settings(
        Rulebook(rules()),
        {route.key: steps(route.steps) for route in Route.objects.all()},
        tuple(_quiet(row) for row in _silences(now)),
        tuple(
            ConditionFact(row.key, row.subject, row.since)
            for row in Condition.objects.order_by("since", "id")
        ),
        Turn.objects.values_list("deaf_until", flat=True).first(),
    )


def rules() -> list[Rule]:
    """Those that count: the region's own first, so that of equals they speak."""
    rows = StoredRule.objects.filter(is_deleted=False).order_by("is_builtin", "rank", "key")
    found = []
    for row in rows:
        try:
            found.append(parse({**row.body, "key": row.key}))
        except Refused as err:  # written by another release
            _log.error("a stored rule cannot be read, and does not count: %s", err)
    return found


def steps(given: Iterable[dict[str, object]]) -> tuple[Step, ...]:
    """A route's steps, the soonest first."""
    found = [
        Step(int(str(step["after_s"])), tuple(step["contacts"]))  # type: ignore[arg-type]
        for step in given
    ]
    return tuple(sorted(found, key=lambda step: step.after_s))


def open_alerts() -> list[Alert]:
    """Every alert that is not over. Two queries."""
    rows = list(Row.objects.filter(state__in=OPEN_STATES).order_by("id"))
    members: dict[int, list[Member]] = {}
    for member in Member.objects.filter(alert__state__in=OPEN_STATES).order_by("id"):
        members.setdefault(member.alert_id, []).append(member)
    names = {row.pk: row.fingerprint for row in rows}
    return [_alert(row, members.get(row.pk, []), names) for row in rows]


def _alert(row: Row, members: list[Member], names: dict[int, str]) -> Alert:
    return Alert(
        row.fingerprint,
        row.rule,
        Severity(row.severity),
        Cause(row.cause),
        row.culprit,
        State(row.state),
        row.since,
        row.kiosk_id or "",
        row.device,
        row.kind,
        tuple(row.reasons),
        row.details,
        _policy(row),
        row.fired_at,
        row.clear_since,
        row.resolved_at,
        row.flaps,
        row.step,
        names.get(row.hidden_by_id or 0, ""),
        row.silenced_by_id or 0,
        row.acknowledged_at is not None,
        frozenset(member.kiosk_id for member in members if member.left_at is None),
        frozenset(member.kiosk_id for member in members),
        row.pk,
    )


def _policy(row: Row) -> Policy | None:
    if not row.policy:
        return None
    return Policy(parse({**row.policy["rule"], "key": row.rule}), steps(row.policy["steps"]))


def _silences(now: datetime) -> Iterable[Silence]:
    return Silence.objects.filter(ends_at__gt=now - _PAST).order_by("id")


def _quiet(row: Silence) -> Quiet:
    return Quiet(
        row.pk,
        row.purpose == Silence.Purpose.MAINTENANCE,
        row.rule,
        row.kind,
        row.kiosk_id or "",
        row.site,
        row.department,
        row.starts_at,
        row.ends_at,
    )
