"""An alert in plain words: what, where, since when, who has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from controller.alerts.models import Alert
from controller.alerts.rules import Scope, Severity, Subject, When
from controller.alerts.words import CONDITION as CONDITION
from controller.alerts.words import device_of, reason_of
from controller.web import measures
from controller.web.words import DEPARTMENT, Words, word

SEVERITY: Words = {
    Severity.CRITICAL: gettext_lazy("Urgent"),
    Severity.WARNING: gettext_lazy("To be seen to"),
    Severity.INFO: gettext_lazy("For information"),
}
SEVERITY_SHAPE: Words = {
    Severity.CRITICAL: "failed",
    Severity.WARNING: "degraded",
    Severity.INFO: "heads-up",
}
STATE: Words = {
    Alert.State.PENDING: gettext_lazy("Being watched"),
    Alert.State.FIRING: gettext_lazy("Open"),
    Alert.State.CLEARING: gettext_lazy("Getting better"),
    Alert.State.RESOLVED: gettext_lazy("Over"),
    Alert.State.DROPPED: gettext_lazy("Over before anybody was told"),
}
CAUSE: Words = {
    Alert.Cause.DEVICE: gettext_lazy("one device"),
    Alert.Cause.KIOSK: gettext_lazy("one kiosk"),
    Alert.Cause.SITE: gettext_lazy("a whole site"),
    Alert.Cause.DEPARTMENT: gettext_lazy("a whole department"),
    Alert.Cause.PROVIDER: gettext_lazy("an access provider"),
    Alert.Cause.FLEET: gettext_lazy("the whole fleet"),
    Alert.Cause.CONTROLLER: gettext_lazy("Vigie itself"),
}
SCOPE: Words = {
    Scope.SITE: gettext_lazy("the same site"),
    Scope.DEPARTMENT: gettext_lazy("the same department"),
    Scope.PROVIDER: gettext_lazy("the same access provider"),
    Scope.FLEET: gettext_lazy("the whole fleet"),
}
SUBJECT: Words = {
    Subject.PRESENCE: gettext_lazy("a kiosk is offline"),
    Subject.SILENCE: gettext_lazy("a kiosk is connected and says nothing"),
    Subject.DEVICE: gettext_lazy("a device is not well"),
    Subject.DEVICES: gettext_lazy("several devices of a kiosk went at once"),
    Subject.METRIC: gettext_lazy("a measure is beyond a bound"),
    Subject.CONDITION: gettext_lazy("something is amiss with Vigie itself"),
}
WHEN: Words = {
    When.OPEN: gettext_lazy("while the host is open"),
    When.ALWAYS: gettext_lazy("day and night"),
}
_ORDER = {str(severity): -rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as it is read in a list."""

    alert: Alert
    title: str
    where: str
    place: str  # more exactly: the site, and what its kiosk is called
    what: str  # empty where the title says it all
    member_count: int

    @property
    def is_taken(self) -> bool:
        """Whether somebody said that it is his."""
        return self.alert.acknowledged_at is not None


def told(alerts: Iterable[Alert], titles: Mapping[str, Mapping[str, str]]) -> list[Told]:
    """Alerts in words, the most severe first, then what nobody has taken, then the oldest.

    `titles` are the rules' by key and language. Kiosk, site and members must be fetched already.
    """
    rows = [one(alert, titles) for alert in alerts]
    return sorted(
        rows,
        key=lambda row: (_ORDER.get(row.alert.severity, 1), row.is_taken, row.alert.since),
    )


def one(alert: Alert, titles: Mapping[str, Mapping[str, str]]) -> Told:
    """One alert in words."""
    members = [member for member in alert.members.all() if member.left_at is None]
    words = frozen_rule(alert).get("title") or titles.get(alert.rule) or {}
    title, said = in_language(words) or alert.rule, what(alert)
    return Told(
        alert=alert,
        title=title,
        where=where(alert),
        place=_place(alert),
        what="" if _plain(said) == _plain(title) else said,  # nobody reads the same twice
        member_count=len(members),
    )


def frozen_rule(alert: Alert) -> dict[str, Any]:
    """The rule as it was when the alert fired; empty before."""
    rule = alert.policy.get("rule") if isinstance(alert.policy, dict) else None
    return rule if isinstance(rule, dict) else {}


def in_language(texts: Mapping[str, str]) -> str:
    """The reader's of two texts, or the other when his is empty."""
    mine = (get_language() or "fr")[:2]
    return texts.get(mine) or texts.get("fr") or texts.get("en") or ""


def where(alert: Alert) -> str:
    """The culprit's place: `Ambert (63)`, `Cantal`, `The whole fleet`."""
    if alert.kiosk is not None:
        return f"{alert.kiosk.site.commune} ({alert.kiosk.site.department})"
    match alert.cause:
        case Alert.Cause.DEPARTMENT:
            return word(DEPARTMENT, alert.culprit)
        case Alert.Cause.PROVIDER:
            return _("Access provider %(name)s") % {"name": alert.culprit}
        case Alert.Cause.SITE:
            site = next((member.kiosk.site for member in alert.members.all()), None)
            return f"{site.commune} ({site.department})" if site else alert.culprit
        case Alert.Cause.FLEET:
            return _("The whole fleet")
        case Alert.Cause.CONTROLLER:
            return _("Vigie itself")
    return alert.culprit


def what(alert: Alert) -> str:
    """The device and what is wrong with it, or the number beyond its bound."""
    parts = [reason_of(alert, str(keyword)) for keyword in alert.reasons]
    if number := _number(alert.details):
        parts.append(number)
    named = alert.details.get("devices")
    names = named if isinstance(named, list) else [alert.device] if alert.device else []
    devices = ", ".join(device_of(alert, str(name)) for name in names)
    if alert.cause == Alert.Cause.CONTROLLER and alert.culprit not in alert.reasons:
        devices = alert.culprit
    if devices and parts:
        return _("%(device)s: %(what)s") % {"device": devices, "what": ", ".join(parts)}
    return devices or str(capfirst(", ".join(parts)))


def _number(details: Mapping[str, Any]) -> str:
    metric, value = details.get("metric"), details.get("value")
    if not isinstance(metric, str) or not isinstance(value, int | float):
        return ""
    text = f"{measures.metric_name(metric)} {measures.metric(metric, value)}"
    bound = details.get("above", details.get("below", details.get("bound")))
    if isinstance(bound, int | float):
        text += " " + _("(bound: %(bound)s)") % {"bound": measures.metric(metric, bound)}
    return text


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").casefold()


def _place(alert: Alert) -> str:
    if alert.kiosk is not None:
        label = alert.kiosk.label
        return f"{alert.kiosk.site.name} · {label}" if label else alert.kiosk.site.name
    if alert.cause == Alert.Cause.SITE:
        return next((member.kiosk.site.name for member in alert.members.all()), "")
    return ""
