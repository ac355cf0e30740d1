"""What pages and the API read of alerts, rules, routes and silences."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from controller.alerts import builtin
from controller.alerts.alert import State
from controller.alerts.models import Alert, Route, RuleVersion, Silence, StoredRule
from controller.alerts.rules import Rule, parse
from controller.errors import NotFound, Refused

_GRAVITY = ("critical", "warning", "info")


def open_alerts(*, kiosk: str = "") -> list[Alert]:
    """Those that fire or clear, the gravest first, then the newest; three queries.

    Hidden ones are among them (`hidden_by`), and silenced ones (`silenced_by`). With `kiosk`, only
    what it has: its own, wider causes of which it is a member, and what the controller says of it,
    such as that its certificate expires.
    """
    rows = _related(Alert.objects.filter(state__in=(State.FIRING, State.CLEARING)))
    if kiosk:
        is_member = Q(members__kiosk=kiosk, members__left_at=None)
        rows = rows.filter(_of(kiosk) | is_member).distinct()
    return sorted(rows.order_by("-fired_at", "-pk"), key=lambda row: _GRAVITY.index(row.severity))


def alert(alert_id: int) -> Alert:
    """One alert with its kiosk, members, events and what it hides. Raises NotFound."""
    rows = _related(Alert.objects.filter(pk=alert_id)).prefetch_related("events", "hides")
    found = rows.first()
    if found is None:
        raise NotFound(f"no alert {alert_id}")
    return found


def history(
    *,
    rule: str = "",
    kiosk: str = "",
    severity: str = "",
    state: str = "",
    department: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Alert]:
    """All that ever fired, the newest first; a QuerySet, to be cut into pages."""
    rows = Alert.objects.exclude(fired_at=None)
    if rule:
        rows = rows.filter(rule=rule)
    if severity:
        rows = rows.filter(severity=severity)
    if state:
        rows = rows.filter(state=state)
    if kiosk:
        rows = rows.filter(_of(kiosk) | Q(pk__in=_wide_of("kiosk", kiosk)))
    if department:
        within = _wide_of("kiosk__site__department", department)
        rows = rows.filter(Q(kiosk__site__department=department) | Q(pk__in=within))
    if since is not None:
        rows = rows.filter(fired_at__gte=since)
    if until is not None:
        rows = rows.filter(fired_at__lt=until)
    return _related(rows).order_by("-fired_at", "-pk")


def rules(*, with_deleted: bool = False) -> list[StoredRule]:
    """The region's own first, then those built in, in their order."""
    rows = StoredRule.objects.order_by("is_builtin", "rank", "key")
    return list(rows if with_deleted else rows.filter(is_deleted=False))


def rule(key: str) -> Rule:
    """One rule as it is now. Raises NotFound."""
    row = StoredRule.objects.filter(pk=key).first()
    if row is None:
        raise NotFound(f"no rule {key!r}")
    return parse({**row.body, "key": key})


def rule_of(alert: Alert) -> Rule | None:
    """The rule of an alert: as it was when it fired, else as it is; None when there is none now."""
    body = alert.policy.get("rule")
    if body is None:
        row = StoredRule.objects.filter(pk=alert.rule).first()
        body = row.body if row else None
    if body is None:
        return builtin.rule(alert.rule)
    try:
        return parse({**body, "key": alert.rule})
    except Refused:  # written by another release
        return builtin.rule(alert.rule)


def rule_history(key: str) -> list[RuleVersion]:
    """Every version, the newest first."""
    return list(RuleVersion.objects.filter(rule_id=key))


def routes() -> list[Route]:
    """In the order of their keys."""
    return list(Route.objects.all())


def silences(active: bool = True, now: datetime | None = None) -> list[Silence]:
    """Those that have not ended, those to come included; or those that have, the newest first."""
    at = now or timezone.now()
    rows = Silence.objects.select_related("kiosk__site", "by")
    return list(rows.filter(ends_at__gt=at) if active else rows.filter(ends_at__lte=at))


def _of(kiosk: str) -> Q:
    return Q(kiosk=kiosk) | Q(cause=Alert.Cause.CONTROLLER, culprit=kiosk)


def _related(rows: QuerySet[Alert]) -> QuerySet[Alert]:
    related = rows.select_related("kiosk__site", "hidden_by", "silenced_by")
    return related.prefetch_related("members__kiosk__site")


def _wide_of(field: str, value: str) -> QuerySet[Alert, int]:
    return Alert.objects.filter(**{f"members__{field}": value}).values_list("pk", flat=True)
