"""What a rule is: data, checked as it is read, from builtin.toml or from the console."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from contract.health import Health, Kind, MetricName, Reason
from controller.errors import Refused

KioskKind = Literal["pvp", "expert"]
Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
KeyOrNone = Annotated[str, Meta(pattern=r"^([a-z][a-z0-9-]{0,62})?$")]
Seconds = Annotated[int, Meta(ge=0, le=30 * 86_400)]
Line = Annotated[str, Meta(min_length=1, max_length=150)]
Prose = Annotated[str, Meta(max_length=4000)]


class Subject(StrEnum):
    """What a rule looks at."""

    PRESENCE = "presence"  # the kiosk is offline: it, or its last will, said so
    SILENCE = "silence"  # it is connected, and has not been heard for long
    DEVICE = "device"  # a device's kind, health and reasons
    DEVICES = "devices"  # several devices of one kiosk, gone at the same moment
    METRIC = "metric"  # a device's number beyond a bound
    CONDITION = "condition"  # of the controller itself: a channel that fails, the broker


class Severity(StrEnum):
    """How much it matters, least first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class When(StrEnum):
    """When a rule counts."""

    OPEN = "open"  # while the kiosk's host is open, and time passes only then
    ALWAYS = "always"


class Left(StrEnum):
    """When a kiosk went dark that is dark."""

    OPEN = "open"  # while its host was open
    CLOSED = "closed"  # while it was closed, or about to close


class Scope(StrEnum):
    """Where several kiosks may have one cause, widest first."""

    FLEET = "fleet"
    PROVIDER = "provider"
    DEPARTMENT = "department"
    SITE = "site"


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    fr: Line
    en: Line


class Pages(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages, at length."""

    fr: Prose = ""
    en: Prose = ""


class Runbook(Struct, frozen=True, forbid_unknown_fields=True):
    """What to do: for whoever is at the host's desk, and for a technician."""

    clerk: Pages = Pages()
    technician: Pages = Pages()


class Threshold(Struct, frozen=True, forbid_unknown_fields=True):
    """A bound with hysteresis: begun beyond `above` (or `below`), over only at `clear`."""

    metric: MetricName
    clear: float
    above: float | None = None
    below: float | None = None


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """What must be so. An empty list asks for nothing."""

    subject: Subject
    kinds: Annotated[tuple[Kind, ...], Meta(max_length=32)] = ()  # of the devices
    health: Annotated[tuple[Health, ...], Meta(max_length=5)] = ()
    reasons: Annotated[tuple[Reason, ...], Meta(max_length=64)] = ()  # any of these
    except_reasons: Annotated[tuple[Reason, ...], Meta(max_length=64)] = ()  # none of these
    only_required: bool = False  # devices without which no citizen is received
    threshold: Threshold | None = None
    conditions: Annotated[tuple[Key, ...], Meta(max_length=16)] = ()
    kiosk_kinds: Annotated[tuple[KioskKind, ...], Meta(max_length=2)] = ()
    left: Left | None = None  # of a presence: when it went


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: what it looks for, for how long, how bad that is, who is told, what to do."""

    key: Key
    title: Words
    match: Match
    severity: Severity
    route: Key = "default"
    for_s: Seconds = 60
    clear_for_s: Seconds = 60
    when: When = When.OPEN
    gathers: Annotated[tuple[Scope, ...], Meta(max_length=4)] = ()
    gathers_as: KeyOrNone = ""  # the rule whose name a wider cause bears; its own if empty
    runbook: Runbook = Runbook()
    is_enabled: bool = True


def parse(given: dict[str, Any]) -> Rule:
    """The rule in plain values. Raises Refused naming the field, its value and what it must be."""
    try:
        rule = msgspec.convert(given, Rule)
    except msgspec.ValidationError as err:
        raise Refused(f"rule {str(given.get('key', ''))[:64]!r}: {err}") from err
    if problem := _problem(rule):
        raise Refused(f"rule {rule.key!r}: {problem}")
    return rule


def _problem(rule: Rule) -> str:
    match = rule.match
    if (match.threshold is not None) is not (match.subject is Subject.METRIC):
        return f"match.subject is {match.subject}: `metric`, and it alone, needs a match.threshold"
    if bool(match.conditions) is not (match.subject is Subject.CONDITION):
        return f"match.subject is {match.subject}: `condition`, and it alone, needs conditions"
    if match.subject is Subject.DEVICE and not (match.health or match.reasons):
        return "match of a device has neither health nor reasons: name at least one"
    if match.left is not None and match.subject is not Subject.PRESENCE:
        return f"match.left is {match.left}: only a match of `presence` has it"
    return _bound_problem(match.threshold) if match.threshold else ""


def _bound_problem(bound: Threshold) -> str:
    if (bound.above is None) is (bound.below is None):
        return f"threshold of {bound.metric} must have either `above` or `below`"
    if bound.above is not None and bound.clear > bound.above:
        return f"threshold.clear is {bound.clear}, must be at most above ({bound.above})"
    if bound.below is not None and bound.clear < bound.below:
        return f"threshold.clear is {bound.clear}, must be at least below ({bound.below})"
    return ""
