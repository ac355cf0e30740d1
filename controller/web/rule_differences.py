"""How a rule became what it is: its versions, and in each what differs from the one before."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.alerts.models import RuleVersion
from controller.fleet.reasons import reason
from controller.web.alert_words import CONDITION, SCOPE, SEVERITY, SUBJECT, WHEN
from controller.web.measures import duration, metric, metric_name, number
from controller.web.rule_forms import LEFT
from controller.web.words import DEVICE_KIND, HEALTH, KIOSK_KIND, Words, word

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
#: The words for the values that are names; those of other names are people's own.
_VALUES: Mapping[str, Words] = {
    "severity": SEVERITY,
    "when": WHEN,
    "gathers": SCOPE,
    "match.subject": SUBJECT,
    "match.kinds": DEVICE_KIND,
    "match.health": HEALTH,
    "match.conditions": CONDITION,
    "match.kiosk_kinds": KIOSK_KIND,
    "match.left": LEFT,
}
#: What alerts.rule_services gives as the reason where nobody gave one.
_WHY: Words = {"built in": gettext_lazy("built in")}
_AGAIN = re.compile(r"as in version (\d+)")


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

    @property
    def why(self) -> str:
        """The reason given, in words."""
        if again := _AGAIN.fullmatch(self.stored.why):
            return _("as in version %(n)s") % {"n": again[1]}
        return word(_WHY, self.stored.why)


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
        Difference(word(_NAMES, name), _said(name, old), _said(name, new))
        for name in (*_NAMES, *sorted({*old, *new} - {*_NAMES, "key"}))
        if (old.get(name) or None) != (new.get(name) or None)
    )


def _flat(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _said(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return duration(value) if name.endswith("_s") else _figure(value, values)
    return ", ".join(_named(name, str(one)) for one in _several(value))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(name: str, value: str) -> str:
    if name.endswith("reasons"):
        return reason(value)
    if name == "match.threshold.metric":
        return metric_name(value)
    return word(_VALUES[name], value) if name in _VALUES else value


def _figure(value: float, values: Mapping[str, Any]) -> str:
    measured = values.get("match.threshold.metric")
    return metric(measured, value) if isinstance(measured, str) else number(value, 2)
