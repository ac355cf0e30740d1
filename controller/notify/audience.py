"""Who is told of what: contacts against alerts. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from controller.alerts.rules import Severity

_RANKS = {str(severity): rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Taste:
    """What a contact wants to be told of; an empty collection stands for all."""

    departments: Collection[str] = ()
    least_severity: str = Severity.INFO
    has_digest: bool = False


def wants(taste: Taste, severity: str, departments: Collection[str]) -> bool:
    """Whether a contact is told of an alert in these departments; of none: it is of the whole.

    >>> wants(Taste(departments=["63"]), "warning", ["03", "63"])
    True
    >>> wants(Taste(departments=["63"]), "critical", ["15"])
    False
    >>> wants(Taste(least_severity="critical"), "warning", [])
    False
    """
    if _RANKS.get(severity, len(_RANKS)) < _RANKS.get(taste.least_severity, 0):
        return False
    return (
        not taste.departments or not departments or bool(set(taste.departments) & set(departments))
    )


def waits_for_digest(taste: Taste, severity: str) -> bool:
    """Whether it is told once a day. What is critical is told at once, whatever was wished."""
    return taste.has_digest and severity != Severity.CRITICAL
