"""Where in the form a rule's problem belongs, and how it is said there.

alerts.rules tells it by the place in the plain values: `... - at `$.match.threshold.clear``, or by
the value's own name: `threshold.clear is 90, must be at most above (85)`.
"""

import re

from django.utils.translation import gettext as _

#: Of the plain values' names, the form's field.
_FIELDS = {
    "match.threshold.metric": "metric",
    "match.threshold.clear": "clear",
    "match.threshold.above": "bound",
    "match.threshold.below": "bound",
    "match.threshold": "metric",
    "threshold.clear": "clear",
    "threshold": "bound",
    "match.conditions": "conditions",
    "conditions": "conditions",
    "match.subject": "subject",
    "match of a device": "health",
    "match.left": "left",
    "match.kinds": "kinds",
    "match.health": "health",
    "match.reasons": "reasons",
    "match.except_reasons": "except_reasons",
    "match.kiosk_kinds": "kiosk_kinds",
    "title.fr": "title_fr",
    "title.en": "title_en",
    "runbook.clerk.fr": "clerk_fr",
    "runbook.clerk.en": "clerk_en",
    "runbook.technician.fr": "technician_fr",
    "runbook.technician.en": "technician_en",
}


def place(problem: str) -> str | None:
    """The form's field that a problem belongs to; None when it is nobody's in particular.

    >>> place("rule 'hot': Expected `float`, got `null` - at `$.match.threshold.above`")
    'bound'
    >>> place("rule 'hot': match.subject is presence: `metric`, and it alone, needs ...")
    'subject'
    """
    found = re.search(r"at `\$\.([a-z_.]+)", problem)
    if found:
        name = found[1].rstrip(".")
        return _FIELDS.get(name, name if "." not in name else None)
    text = problem.partition(": ")[2]
    return next((field for name, field in _FIELDS.items() if text.startswith(name)), None)


def said(problem: str) -> str:
    """The problem without its place, which the field shows."""
    text = problem.partition(": ")[2] or problem
    text = re.sub(r" - at `\$[^`]*`", "", text)
    if text.startswith("match of a device"):
        return _("Tick at least one state, or name a reason.")
    if "match.threshold" in text:
        return _("A rule about a measure, and no other, needs the measure and its bound.")
    if "needs conditions" in text:
        return _("A rule about Vigie itself, and no other, needs conditions.")
    if text.startswith("match.left"):
        return _("Only a rule about offline kiosks asks when they went.")
    if text.startswith("threshold.clear"):
        return _("It must be on the good side of the value at which the alert opens.")
    if "matching regex" in text:
        return _("Small letters, digits and hyphens only, beginning with a letter.")
    if "got `null`" in text:
        return _("A number is missing.")
    return text
