"""What happened to one alert, line by line, and who is told of it and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.alerts.models import Alert, AlertEvent
from controller.web.measures import duration, moment_short
from controller.web.words import Words, word

_EVENTS: Words = {
    AlertEvent.Name.PENDING: gettext_lazy("first sign"),
    AlertEvent.Name.FIRED: gettext_lazy("it has lasted long enough: the alert is open"),
    AlertEvent.Name.ESCALATED: gettext_lazy("nobody had taken it up: the next are told"),
    AlertEvent.Name.ACKNOWLEDGED: gettext_lazy("taken up"),
    AlertEvent.Name.FLAPPED: gettext_lazy("it came back while it was getting better"),
    AlertEvent.Name.CLEARING: gettext_lazy("no sign of it any more"),
    AlertEvent.Name.RESOLVED: gettext_lazy("over"),
    AlertEvent.Name.DROPPED: gettext_lazy("gone before anybody was told"),
    AlertEvent.Name.JOINED: gettext_lazy("a kiosk is concerned too"),
    AlertEvent.Name.LEFT: gettext_lazy("a kiosk is no longer concerned"),
    AlertEvent.Name.HIDDEN: gettext_lazy("a wider cause explains it: it is told there"),
    AlertEvent.Name.SHOWN: gettext_lazy("the wider cause explains it no more"),
    AlertEvent.Name.SILENCED: gettext_lazy("muted: nobody is told"),
    AlertEvent.Name.UNSILENCED: gettext_lazy("no longer muted"),
    AlertEvent.Name.NOTED: gettext_lazy("note"),
}
_TONES: Mapping[str, str] = {
    AlertEvent.Name.FIRED: "failed",
    AlertEvent.Name.ESCALATED: "failed",
    AlertEvent.Name.FLAPPED: "degraded",
    AlertEvent.Name.ACKNOWLEDGED: "visit",
    AlertEvent.Name.NOTED: "visit",
    AlertEvent.Name.CLEARING: "waiting",
    AlertEvent.Name.PENDING: "waiting",
    AlertEvent.Name.RESOLVED: "ok",
    AlertEvent.Name.DROPPED: "ok",
    AlertEvent.Name.LEFT: "ok",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline; `kiosk` and `alert` are what it links to, if anything."""

    tone: str
    at: datetime
    text: str
    actor: str
    note: str
    kiosk: str
    alert: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the frozen policy: who is told, when, and whether that is past."""

    who: str
    when: str
    is_done: bool


def timeline(events: Iterable[AlertEvent]) -> list[Line]:
    """Events in words, the latest first."""
    return [_line(event) for event in events][::-1]


def steps(alert: Alert, names: Mapping[str, str]) -> list[Step]:
    """The route as it was frozen; `names` are the contacts' by key."""
    given: Sequence[Any] = alert.policy.get("steps") or ()
    read = [step for step in given if isinstance(step, dict)]
    return [_step(alert, index, step, names) for index, step in enumerate(read)]


def _line(event: AlertEvent) -> Line:
    said = event.details
    note = str(said.get("note") or said.get("why") or "")
    return Line(
        tone=_TONES.get(event.name, "aside"),
        at=event.at,
        text=word(_EVENTS, event.name),
        actor=event.actor,
        note=note,
        kiosk=str(said.get("kiosk") or ""),
        alert=str(said.get("by") or "") if event.name == AlertEvent.Name.HIDDEN else "",
    )


def _step(alert: Alert, index: int, step: Mapping[str, Any], names: Mapping[str, str]) -> Step:
    contacts = ", ".join(names.get(key, key) for key in step.get("contacts", ()))
    after_s = int(step.get("after_s", 0))
    is_done = alert.fired_at is not None and index < alert.step
    if is_done and alert.fired_at is not None:
        when = moment_short(alert.fired_at + timedelta(seconds=after_s))
    elif not after_s:
        when = _("as soon as it is open")
    else:
        when = _("after %(length)s, if nobody has taken it up") % {"length": duration(after_s)}
    return Step(contacts or _("nobody"), when, is_done)
