"""A message's words, in the reader's language, from what was frozen when the alert fired."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from controller.alerts.models import Alert
from controller.alerts.words import device_of, reason_of
from controller.notify.letters import Subject

#: Of a cause of many so many kiosks are named; the page has them all.
_NAMED = 12
_TITLE_LENGTH = 190


@dataclass(frozen=True, slots=True)
class Reader:
    """In which language, by which clock, and where the pages are."""

    language: str
    zone: ZoneInfo
    pages: str  # such as https://vigie.example.org; empty when nobody said


def subject(alert: Alert, reader: Reader) -> Subject:
    """What a message says of one alert, with its members at hand (prefetched)."""
    with translation.override(reader.language):
        return Subject(
            id=alert.pk,
            rule=alert.rule,
            title=_title(alert, reader.language),
            severity=alert.severity,
            place=_place(alert),
            kiosk=alert.kiosk_id or "",
            department=_department(alert),
            device=alert.device,
            began_at=alert.since,
            ended_at=alert.resolved_at,
            url=f"{reader.pages.rstrip('/')}/alerts/{alert.pk}" if reader.pages else "",
            summary=_summary(alert),
        )


def title(kind: str, subjects: Sequence[Subject], reader: Reader) -> str:
    """One line: what became, where, since when, and how many more."""
    with translation.override(reader.language):
        first = subjects[0]
        what = f"{first.title}, {first.place}" if first.place else first.title
        since = _("since %(time)s") % {"time": _moment(first.began_at, reader)}
        line = f"{_lead(kind, first.severity)}{what}, {since}"
        more = len(subjects) - 1
        if more:
            line += " " + ngettext(
                "and %(count)d more alert", "and %(count)d more alerts", more
            ) % {"count": more}
        return line[:_TITLE_LENGTH]


def text(kind: str, alerts: Sequence[Alert], subjects: Sequence[Subject], reader: Reader) -> str:
    """The whole message: each alert, since when, what to do, and where to look."""
    with translation.override(reader.language):
        parts = [
            _of_one(kind, alert, one, reader) for alert, one in zip(alerts, subjects, strict=True)
        ]
        return "\n\n".join(parts) + "\n\n--\n" + _("Vigie, the fleet's look-out")


def digest(opened: Sequence[Subject], ended: Sequence[Subject], reader: Reader) -> tuple[str, str]:
    """Title and text of the message of a day."""
    with translation.override(reader.language):
        count = len(opened)
        head = ngettext("%(count)d open alert", "%(count)d open alerts", count) % {"count": count}
        lines = [_("Open:"), *(_line(one, reader) for one in opened)] if opened else []
        if ended:
            lines += ["", _("Ended in the last 24 hours:"), *(_line(one, reader) for one in ended)]
        return f"{_('Vigie today')}: {head}", "\n".join(lines) or _("Nothing to report.")


def trial(channel: str, reader: Reader) -> tuple[str, str]:
    """Title and text of a test."""
    with translation.override(reader.language):
        return (
            _("Vigie: test of the channel %(name)s") % {"name": channel},
            _("This is a test. If you read it, alerts sent this way reach you."),
        )


def _of_one(kind: str, alert: Alert, one: Subject, reader: Reader) -> str:
    lines = [f"{one.title}, {one.place}" if one.place else one.title]
    if one.summary:
        lines.append(one.summary)
    lines.append(_("Since %(time)s") % {"time": _moment(one.began_at, reader)})
    if one.ended_at is not None:
        lines.append(_("Ended at %(time)s") % {"time": _moment(one.ended_at, reader)})
    if kind == "escalated":
        lines.append(_("Nobody has taken it up yet."))
    if kind == "unsilenced":
        lines.append(_("Its silence is over, and it is still so."))
    if kind != "resolved" and (advice := _advice(alert, reader.language)):
        lines += ["", _("What to do:"), advice]
    if one.url:
        lines += ["", one.url]
    return "\n".join(lines)


def _lead(kind: str, severity: str) -> str:
    leads = {
        "resolved": _("[Ended]"),
        "escalated": _("[Nobody took it up]"),
        "unsilenced": _("[Still so]"),
    }
    severities = {"critical": _("[Critical]"), "warning": _("[Warning]"), "info": _("[Note]")}
    return (leads.get(kind) or severities.get(severity) or "") + " "


def _title(alert: Alert, language: str) -> str:
    words = alert.policy.get("rule", {}).get("title", {})
    return str(words.get(language) or words.get("en") or alert.rule)


def _advice(alert: Alert, language: str) -> str:
    runbook = alert.policy.get("rule", {}).get("runbook", {}).get("technician", {})
    text = str(runbook.get(language) or runbook.get("en") or "").strip()
    return text.replace("`", "")  # pages show as code what stands between them; a letter cannot


def _place(alert: Alert) -> str:
    """Where, as people call it."""
    kiosk = alert.kiosk
    if kiosk is None and alert.cause == Alert.Cause.SITE:  # its code says nothing to people
        kiosk = next((member.kiosk for member in alert.members.all()), None)
    if kiosk is not None:
        site = kiosk.site
        return f"{site.name}, {site.commune} ({site.department})"
    names = {
        Alert.Cause.SITE: _("site %(name)s"),
        Alert.Cause.DEPARTMENT: _("department %(name)s"),
        Alert.Cause.PROVIDER: _("lines of %(name)s"),
        Alert.Cause.FLEET: _("the whole fleet"),
    }
    form = names.get(Alert.Cause(alert.cause), "%(name)s")
    return form % {"name": alert.culprit}


def _department(alert: Alert) -> str:
    if alert.kiosk is not None:
        return alert.kiosk.site.department
    return alert.culprit if alert.cause == Alert.Cause.DEPARTMENT else ""


def _summary(alert: Alert) -> str:
    """Which device, what is wrong with it, which kiosks."""
    devices = [alert.device] if alert.device else list(alert.details.get("devices", ()))
    parts = []
    if devices:
        names = [device_of(alert, str(name)) for name in devices]
        parts.append(_("Devices: %(names)s") % {"names": ", ".join(names)})
    if alert.reasons:
        reasons = [reason_of(alert, str(keyword)) for keyword in alert.reasons]
        parts.append(_("Reasons: %(names)s") % {"names": ", ".join(reasons)})
    members = sorted(one.kiosk_id for one in alert.members.all() if one.left_at is None)
    if members:
        parts.append(_members(members))
    return "\n".join(parts)


def _members(members: Sequence[str]) -> str:
    named = ", ".join(members[:_NAMED])
    more = len(members) - _NAMED
    if more > 0:
        named += " " + ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
    head = ngettext("%(count)d kiosk:", "%(count)d kiosks:", len(members))
    return f"{head % {'count': len(members)}} {named}"


def _line(one: Subject, reader: Reader) -> str:
    return f"- {one.title}, {one.place}, {_moment(one.began_at, reader)} {one.url}".rstrip()


def _moment(at: datetime, reader: Reader) -> str:
    return formats.date_format(at.astimezone(reader.zone), "DATETIME_FORMAT")


def by_severity(subjects: Iterable[Subject]) -> list[Subject]:
    """The worst first, then the oldest."""
    ranks = {"critical": 0, "warning": 1, "info": 2}
    return sorted(subjects, key=lambda one: (ranks.get(one.severity, 3), one.began_at))
