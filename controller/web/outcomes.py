"""What an order was given and what came of it, name by name and value by value."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.commands import CommandState
from controller.commands.models import Command
from controller.web import facts, measures
from controller.web.reasons import REASONS, reason
from controller.web.words import DEVICE_KIND, HEALTH, METRIC, Words, word

#: What is said in a sentence of its own, by `receipts` or by the page.
_ELSEWHERE = frozenset(
    {"better", "worse", "same", "changed", "duration_s", "simulated", "progress_percent", "step"}
)
_NAMES: Words = {
    "device": gettext_lazy("Device"),
    "delay_s": gettext_lazy("Wait before it"),
    "for_s": gettext_lazy("For"),
    "since_s": gettext_lazy("How far back"),
    "max_bytes": gettext_lazy("At most"),
    "units": gettext_lazy("Services"),
    "text": gettext_lazy("Message"),
    "is_dry_run": gettext_lazy("Only say what would change"),
    "file": gettext_lazy("File"),
    "size_bytes": gettext_lazy("Size"),
    "sha256": gettext_lazy("SHA-256"),
    "reasons": gettext_lazy("Reasons"),
    "health": gettext_lazy("State"),
    "pages": gettext_lazy("Pages"),
    "jobs": gettext_lazy("Documents"),
    "removed": gettext_lazy("Removed"),
    "restarted": gettext_lazy("Restarted"),
    "boot_id": gettext_lazy("Boot identifier"),
    "expires_at": gettext_lazy("Valid until"),
    "offset_ms": gettext_lazy("Clock off by"),
    "devices": gettext_lazy("Devices"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order under way has come, as far as its kiosk says."""

    percent: int | None
    step: str


def arguments(command: Command) -> list[tuple[str, str]]:
    """The details that an order was given with, without those that say nothing."""
    return [(_name(name), _value(name, said)) for name, said in command.args.items() if said]


def lines(command: Command) -> list[tuple[str, str]]:
    """What the kiosk told beside what is said in sentences."""
    return [
        (_name(name), _value(name, said))
        for name, said in command.result.items()
        if name not in _ELSEWHERE and said not in (None, "", [])
    ]


def progress(command: Command) -> Progress | None:
    """How far it has come while it runs; None before and after."""
    if command.state != CommandState.RUNNING:
        return None
    percent, step = command.result.get("progress_percent"), command.result.get("step")
    is_number = isinstance(percent, int | float) and not isinstance(percent, bool)
    bounded = min(100, max(0, round(percent))) if is_number else None
    return Progress(bounded, step if isinstance(step, str) else "")


def _name(name: str) -> str:
    if name in _NAMES:
        return word(_NAMES, name)
    return measures.metric_name(name) if name in METRIC else facts.name(name)


def _value(name: str, said: Any) -> str:
    if isinstance(said, list):
        return ", ".join(_value(name, one) for one in said)
    if isinstance(said, bool):
        return _("yes") if said else _("no")
    if isinstance(said, int | float):
        return measures.metric(name, said)
    text = str(said)
    if name == "device":
        return word(DEVICE_KIND, text)
    if name == "health":
        return word(HEALTH, text)
    return reason(text) if text in REASONS else text
