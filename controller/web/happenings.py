"""A kiosk's timeline: changes and events together, events in plain words.

An event of a name that we do not know is shown as it is: its kiosk may be newer than we are.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.events import EventName
from controller.fleet.models import DeviceEvent, StateChange
from controller.fleet.reasons import reason
from controller.fleet.selectors import KioskView
from controller.web import facts
from controller.web.measures import duration
from controller.web.words import DEVICE_KIND, Words, word

SHOWN = 20

#: What the kiosk did to cure a peripheral; `restart` names the service after a colon.
_RUNGS: Words = {
    "rebind": gettext_lazy("its driver was loaded anew"),
    "power-cycle": gettext_lazy("its USB port was switched off and on"),
    "restart": gettext_lazy("its service was restarted"),
    "reboot": gettext_lazy("the machine was restarted"),
}


#: Why a kiosk tries no more (agent.recovery).
_GIVEN_UP: Words = {
    "no-rung-left": gettext_lazy("nothing is left to try"),
    "budget-spent": gettext_lazy("no more may be tried today"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as it is read; `tone` is a state, or `visit`."""

    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: a change or an event."""

    when: datetime
    change: StateChange | None = None
    happening: Happening | None = None


def timeline(view: KioskView) -> list[Entry]:
    """What happened to a kiosk, the latest heard first."""
    lines = [
        (change.received_at, change.pk, Entry(_when(change), change)) for change in view.changes
    ]
    kinds = {device.device: device.kind for device in view.devices}
    lines += [
        (event.received_at, event.pk, Entry(_when(event), happening=happening(event, kinds)))
        for event in view.events
    ]
    return [entry for *_, entry in sorted(lines, key=lambda line: line[:2], reverse=True)][:SHOWN]


def happening(event: DeviceEvent, kinds: dict[str, str]) -> Happening:
    """The words for an event; `kinds` are those of the kiosk's devices by id."""
    name = word(DEVICE_KIND, kinds.get(event.device, event.device))
    match event.name:
        case EventName.SESSION_STARTED:
            return Happening("visit", _("Session"), _("a citizen's session began"))
        case EventName.SESSION_ENDED:
            return Happening("visit", _("Session"), _ended(event))
        case EventName.RECOVERY_TRIED:
            has_worked = event.facts.get("worked") is True
            tried = _rung(str(event.facts.get("rung", "")))
            text = _("{what}, and it works again") if has_worked else _("{what}, without effect")
            return Happening("ok" if has_worked else "degraded", name, text.format(what=tried))
        case EventName.RECOVERY_GAVE_UP:
            return Happening("failed", name, _gave_up(event))
    details = ", ".join(
        f"{facts.name(fact)} {facts.value(fact, said)}" for fact, said in event.facts.items()
    )
    return Happening("aside", name, f"{event.name} ({details})" if details else event.name)


def _when(line: StateChange | DeviceEvent) -> datetime:
    return line.at if line.clock_trusted else line.received_at


def _ended(event: DeviceEvent) -> str:
    took_s = event.facts.get("duration_s")
    is_known = isinstance(took_s, int | float) and not isinstance(took_s, bool) and took_s >= 0
    length = duration(float(took_s)) if is_known else ""
    if event.facts.get("is_cut_short") is True:
        text = _("the session was cut short after about {duration}")
        return text.format(duration=length) if length else _("the session was cut short")
    text = _("the citizen's session ended after {duration}")
    return text.format(duration=length) if length else _("the citizen's session ended")


def _rung(rung: str) -> str:
    name, _colon, service = rung.partition(":")
    if service and name == "restart":
        return _("the service {name} was restarted").format(name=service)
    return word(_RUNGS, name) if name else _("the kiosk tried to cure it")


def _gave_up(event: DeviceEvent) -> str:
    text = _("the kiosk could not cure it by itself: somebody has to look at it")
    why = event.facts.get("reason")
    if not isinstance(why, str) or not why:
        return text
    return f"{text} ({word(_GIVEN_UP, why) if why in _GIVEN_UP else reason(why)})"
