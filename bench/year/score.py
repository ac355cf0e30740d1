"""Alerts and messages held against the truth. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.year.truth import AFTERMATH, Cause, Fault, Truth

#: What began so soon before the end of all need not have been told by then.
SETTLING = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Told:
    """One alert that fired. `devices` is empty when it is about whole kiosks."""

    id: int
    rule: str
    cause: str
    kiosks: frozenset[str]
    devices: frozenset[str]
    began_at: datetime
    fired_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message that somebody got of alerts that began."""

    alerts: frozenset[int]
    to: str


@dataclass(frozen=True, slots=True)
class Score:
    """How true the alerts were. Latencies are from the fault's begin to the alert, in seconds."""

    faults: int
    missed: tuple[Fault, ...]
    false: tuple[Told, ...]
    unexplained: tuple[Message, ...]  # messages of silenced faults, or of no fault
    repeated: Mapping[int, int]  # fault -> messages, of those told more than once to one person
    messages: int
    latencies_s: tuple[float, ...]
    misnamed: tuple[tuple[Fault, str], ...]  # told, and another cause was named

    @property
    def recall(self) -> float:
        """The share of faults that were alerted."""
        return 1 - len(self.missed) / self.faults if self.faults else 1.0

    @property
    def notifications_per_cause(self) -> float:
        """The most messages that one person got of one fault."""
        return max(self.repeated.values(), default=1 if self.messages else 0)

    def percentile_s(self, share: float) -> float:
        """A latency that so large a share of faults does not exceed."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def judge(truth: Truth, told: Sequence[Told], messages: Sequence[Message]) -> Score:
    """Each alert is explained by a fault of the same kiosks and devices that was on when it began,
    or by none; each fault was told by such an alert, or missed."""
    by_kiosk: dict[str, list[Fault]] = {}
    for fault in truth.faults:
        for kiosk in fault.kiosks:
            by_kiosk.setdefault(kiosk, []).append(fault)
    causes = {alert.id: _cause(alert, by_kiosk, truth.faults) for alert in told}
    first: dict[int, Told] = {}
    for alert in sorted(told, key=lambda alert: alert.fired_at):
        if (explained := causes[alert.id]) is not None:
            first.setdefault(explained.id, alert)
    counts, unexplained = _count(messages, causes)
    due = [fault for fault in truth.faults if fault.began_at < truth.last - SETTLING]
    return Score(
        faults=len(due),
        missed=tuple(fault for fault in due if fault.id not in first),
        false=tuple(alert for alert in told if causes[alert.id] is None),
        unexplained=tuple(unexplained),
        repeated={fault: count for fault, count in counts.items() if count > 1},
        messages=len(messages),
        latencies_s=tuple(
            (first[fault.id].fired_at - fault.began_at).total_seconds()
            for fault in truth.faults
            if fault.id in first
        ),
        misnamed=tuple(
            (fault, first[fault.id].cause)
            for fault in truth.faults
            if fault.id in first and first[fault.id].cause != _named(fault)
        ),
    )


def _cause(
    alert: Told, by_kiosk: Mapping[str, Sequence[Fault]], faults: Sequence[Fault]
) -> Fault | None:
    """The fault that explains an alert: of all that were on, the one that says most of it."""
    if not alert.kiosks:
        candidates: Iterable[Fault] = (one for one in faults if one.cause is Cause.BROKER)
    else:
        candidates = {
            fault.id: fault for kiosk in alert.kiosks for fault in by_kiosk.get(kiosk, ())
        }.values()
    fitting = [fault for fault in candidates if _explains(fault, alert)]
    return max(fitting, key=lambda fault: (len(alert.kiosks & set(fault.kiosks)), fault.began_at),
               default=None)  # fmt: skip


def _explains(fault: Fault, alert: Told) -> bool:
    if not fault.began_at <= alert.fired_at <= fault.ended_at + AFTERMATH:
        return False
    if fault.cause is Cause.BROKER:
        return not alert.kiosks
    if bool(fault.devices) is not bool(alert.devices):
        return False
    return not alert.devices or bool(alert.devices & set(fault.devices))


def _count(
    messages: Sequence[Message], causes: Mapping[int, Fault | None]
) -> tuple[dict[int, int], list[Message]]:
    """Of each fault the most messages to one person; and the messages that nothing explains."""
    counts: dict[tuple[int, str], int] = {}
    unexplained = []
    for message in messages:
        found = {fault.id: fault for one in message.alerts if (fault := causes.get(one))}
        if not found or any(fault.is_silenced for fault in found.values()):
            unexplained.append(message)
        for number in found:
            counts[number, message.to] = counts.get((number, message.to), 0) + 1
    most: dict[int, int] = {}
    for (number, _), count in counts.items():
        most[number] = max(most.get(number, 0), count)
    return most, unexplained


def _named(fault: Fault) -> str:
    return "controller" if fault.cause is Cause.BROKER else str(fault.cause)
