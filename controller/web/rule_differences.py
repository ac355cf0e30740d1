"""How a rule became what it is: its versions, and in each what differs from the one before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.alerts.models import RuleVersion
from controller.web.measures import duration
from controller.web.words import Words, word

_NAMES: Words = {
    "title.fr": gettext_lazy("Title in French"),
    "title.en": gettext_lazy("Title in English"),
    "is_enabled": gettext_lazy("This rule counts"),
    "severity": gettext_lazy("Severity"),
    "route": gettext_lazy("Who is told"),
    "for_s": gettext_lazy("Once it has lasted"),
    "clear_for_s": gettext_lazy("It is over once away for"),
    "when": gettext_lazy("It counts"),
    "gathers": gettext_lazy("One alert for several kiosks of"),
    "gathers_as": gettext_lazy("Such an alert bears the name of"),
    "match.subject": gettext_lazy("It opens when"),
    "match.kinds": gettext_lazy("Devices"),
    "match.health": gettext_lazy("State"),
    "match.reasons": gettext_lazy("Any of these reasons"),
    "match.except_reasons": gettext_lazy("None of these reasons"),
    "match.only_required": gettext_lazy("Only devices without which no citizen is received"),
    "match.threshold.metric": gettext_lazy("Measure"),
    "match.threshold.above": gettext_lazy("It opens above"),
    "match.threshold.below": gettext_lazy("It opens below"),
    "match.threshold.clear": gettext_lazy("and is over at"),
    "match.conditions": gettext_lazy("Conditions of Vigie itself"),
    "match.kiosk_kinds": gettext_lazy("Kiosks"),
    "match.left": gettext_lazy("Offline kiosks"),
    "runbook.clerk.fr": gettext_lazy("For the host's desk, in French"),
    "runbook.clerk.en": gettext_lazy("For the host's desk, in English"),
    "runbook.technician.fr": gettext_lazy("For a technician, in French"),
    "runbook.technician.en": gettext_lazy("For a technician, in English"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is no longer what it was."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule, with what it changed; the first changed nothing."""

    stored: RuleVersion
    differences: tuple[Difference, ...]


def versions(history: Sequence[RuleVersion]) -> list[Version]:
    """All versions, the latest first as they are given."""
    before = [one.body for one in history[1:]]
    found = [
        Version(one, differences(old, one.body)) for one, old in zip(history, before, strict=False)
    ]
    return [*found, *(Version(one, ()) for one in history[-1:])]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What differs between two bodies, in the order of the form."""
    old, new = dict(_flat(before)), dict(_flat(after))
    return tuple(
        Difference(word(_NAMES, name), _said(name, old.get(name)), _said(name, new.get(name)))
        for name in (*_NAMES, *sorted({*old, *new} - {*_NAMES, "key"}))
        if (old.get(name) or None) != (new.get(name) or None)
    )


def _flat(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name.endswith("_s") and isinstance(value, int):
        return duration(value)
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "–" if value in (None, "") else str(value)
