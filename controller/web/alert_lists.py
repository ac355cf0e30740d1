"""Which alerts a page lists: filters read from the address."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from controller.alerts import selectors
from controller.alerts.models import Alert, StoredRule
from controller.alerts.rules import Severity
from controller.fleet.models import Department
from controller.web.lists import Filter, choose

State = Alert.State
DEPARTMENTS = tuple(Department.values)
_OPEN = (State.FIRING, State.CLEARING)
#: What the list of open alerts can be turned to show; the first unless told otherwise.
SHOWN: Mapping[str, str | Promise] = {
    "open": _("Open"),
    "pending": _("Being watched"),
    "muted": pgettext_lazy("an alert", "Muted"),
    "hidden": _("Explained by a wider cause"),
}
_WHICH: Mapping[str, Q] = {
    "open": Q(state__in=_OPEN, hidden_by=None, silenced_by=None),
    "pending": Q(state=State.PENDING),
    "muted": Q(state__in=_OPEN) & ~Q(silenced_by=None),
    "hidden": Q(state__in=_OPEN) & ~Q(hidden_by=None),
}


def open_alerts() -> QuerySet[Alert]:
    """Those that are not over, with what their words need: two queries."""
    return _worded(Alert.objects.filter(state__in=(State.PENDING, *_OPEN)))


def of_kiosk(kiosk_id: str) -> list[Alert]:
    """Those that are open and concern a kiosk, by itself or as one of several."""
    return [one for one in selectors.open_alerts(kiosk=kiosk_id) if one.hidden_by_id is None]


def count_untaken() -> int:
    """How many open alerts nobody has taken up."""
    return Alert.objects.filter(_WHICH["open"], acknowledged_at=None).count()


def count_by_severity(department: str) -> list[tuple[str, int]]:
    """How many alerts are open in a department or everywhere, the most severe first."""
    rows = Alert.objects.filter(_WHICH["open"])
    if department:
        rows = _in_department(rows, department)
    found = dict(rows.order_by().values_list("severity").annotate(Count("id", distinct=True)))
    return [(str(one), found[one]) for one in reversed(Severity) if one in found]


def narrow(alerts: QuerySet[Alert], query: QueryDict) -> tuple[QuerySet[Alert], dict[str, str]]:
    """The alerts that an address asks for, and what it asked."""
    asked = {one.name: said for one in _OPEN_FILTERS if (said := one.read(query))}
    if asked.get("show") == "open":  # as it is unless told otherwise
        del asked["show"]
    for one in _OPEN_FILTERS:
        if one.name in asked:
            alerts = one.narrow(alerts, asked[one.name])
    if "show" not in asked:
        alerts = alerts.filter(_WHICH["open"])
    return alerts, asked


def titles() -> dict[str, dict[str, str]]:
    """Every rule's title by its key, in both languages."""
    rows = StoredRule.objects.values_list("key", "body__title")
    return {key: title if isinstance(title, dict) else {} for key, title in rows}


def rule_body(key: str) -> dict[str, Any]:
    """A rule as it is now; empty when there is none any more."""
    found = StoredRule.objects.filter(pk=key).first()
    return found.body if found else {}


def _worded(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return alerts.select_related("kiosk__site", "silenced_by").prefetch_related(
        "members__kiosk__site"
    )


def _in_department(alerts: QuerySet[Alert], department: str) -> QuerySet[Alert]:
    return alerts.filter(
        Q(kiosk__site__department=department)
        | Q(cause=Alert.Cause.DEPARTMENT, culprit=department)
        | Q(members__kiosk__site__department=department)
    ).distinct()


_TAKEN = Filter(
    "taken",
    lambda alerts, asked: alerts.filter(acknowledged_at__isnull=asked == "no"),
    ("yes", "no"),
)
_SEVERITY = choose("severity", "severity", *Severity)
_DEPARTMENT = Filter("department", _in_department)
_OPEN_FILTERS: tuple[Filter, ...] = (
    _SEVERITY,
    _DEPARTMENT,
    _TAKEN,
    Filter("show", lambda alerts, asked: alerts.filter(_WHICH[asked]), tuple(SHOWN)),
)
PAST: tuple[Filter, ...] = (
    _SEVERITY,
    _DEPARTMENT,
    choose("rule", "rule"),
    Filter(
        "kiosk",
        lambda alerts, asked: alerts.filter(Q(kiosk=asked) | Q(members__kiosk=asked)).distinct(),
    ),
)
