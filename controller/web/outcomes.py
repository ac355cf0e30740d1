"""What an order was given and what came of it, name by name and value by value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.commands import CommandState
from controller.commands.models import Command
from controller.fleet.reasons import REASONS, reason
from controller.web import facts, measures
from controller.web.words import DEVICE_KIND, HEALTH, METRIC, Words, word

#: What is said in a sentence of its own, by `receipts` or by the page.
_ELSEWHERE = frozenset({"duration_s", "simulated", "progress_percent", "step"})
_COMPARED = _ELSEWHERE | {
    "better", "worse", "same", "changed", "devices_before", "devices_after",
    "old_boot_id", "new_boot_id",
}  # fmt: skip
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
    "verdict": gettext_lazy("Verdict"),
    "amiss": gettext_lazy("To be looked at"),
    "changed": gettext_lazy("Changed"),
    "unchanged": gettext_lazy("Unchanged"),
    "failed": gettext_lazy("Failed"),
    "failed_states": gettext_lazy("Failed states"),
    "unanswered": gettext_lazy("Not answered"),
    "probes": gettext_lazy("Measurements"),
    "job": gettext_lazy("Print job"),
    "job_state": gettext_lazy("State of the print job"),
    "job_reasons": gettext_lazy("Reasons of the print job"),
    "printer_reasons": gettext_lazy("What the printer says"),
    "printed_pages": gettext_lazy("Pages printed"),
    "taken_back": gettext_lazy("Taken back"),
    "paper_before": gettext_lazy("Paper before"),
    "paper_after": gettext_lazy("Paper after"),
    "is_confirmed": gettext_lazy("Confirmed by the device"),
    "lines": gettext_lazy("Lines"),
    "is_cut": gettext_lazy("Cut to the size asked for"),
    "program": gettext_lazy("Program"),
    "agent_version": gettext_lazy("Agent"),
    "way": gettext_lazy("How"),
    "health_before": gettext_lazy("State before"),
    "health_after": gettext_lazy("State after"),
    "expired_at_before": gettext_lazy("Was valid until"),
    "offset_before_ms": gettext_lazy("Clock off by, before"),
    "offset_after_ms": gettext_lazy("Clock off by, after"),
    "max_error_ms": gettext_lazy("Clock off by at most"),
    "service": gettext_lazy("Service"),
    "controller": gettext_lazy("Controller"),
}
_VERDICTS: Words = {
    **HEALTH,
    "good": gettext_lazy("Good enough for a meeting"),
    "bad": gettext_lazy("Not good enough for a meeting"),
    "gone": gettext_lazy("Gone"),
    "new": gettext_lazy("New"),
}
#: What the agent says while it works; some name what they are about after these words.
_STEPS: Words = {
    "printing": gettext_lazy("printing"),
    "sending the page": gettext_lazy("sending the page"),
    "sending": gettext_lazy("sending"),
    "cancelling": gettext_lazy("cancelling"),
    "reading the journal": gettext_lazy("reading the journal"),
    "showing the message": gettext_lazy("showing the message"),
    "applying states": gettext_lazy("applying states"),
    "switching it on": gettext_lazy("switching it on"),
    "waiting for the time servers": gettext_lazy("waiting for the time servers"),
    "waiting for": gettext_lazy("waiting for"),
    "restarting": gettext_lazy("restarting"),
    "asking queue": gettext_lazy("asking the queue"),
    "asking": gettext_lazy("asking"),
    "looking through": gettext_lazy("looking through"),
    "measuring the line to": gettext_lazy("measuring the line to"),
    "scanning with": gettext_lazy("scanning with"),
    "playing a tone for": gettext_lazy("playing a tone for"),
    "switching": gettext_lazy("switching off and on"),
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
    compared = isinstance(command.result.get("better"), list)
    return [
        (_name(name), _value(name, said))
        for name, said in command.result.items()
        if name not in (_COMPARED if compared else _ELSEWHERE) and said not in (None, "", [])
    ]


def progress(command: Command) -> Progress | None:
    """How far it has come while it runs; None before and after."""
    if command.state != CommandState.RUNNING:
        return None
    percent = command.result.get("progress_percent")
    is_number = isinstance(percent, int | float) and not isinstance(percent, bool)
    bounded = min(100, max(0, round(percent))) if is_number else None
    return Progress(bounded, at_work(command.result))


def at_work(result: Mapping[str, Any]) -> str:
    """What the agent says it is at, in words; empty when it does not say."""
    step = result.get("step")
    return _step(step) if isinstance(step, str) else ""


def _step(text: str) -> str:
    """What the agent is at, in words; what is not known as it is."""
    if text in DEVICE_KIND:
        return word(DEVICE_KIND, text)
    for begin, words in _STEPS.items():
        if text == begin:
            return str(words)
        if text.startswith(f"{begin} "):
            about = text.removeprefix(f"{begin} ").removesuffix(" off and on")
            return f"{words} {word(DEVICE_KIND, about)}"
    return text


def _name(name: str) -> str:
    about, _dot, figure = name.partition(".")
    if figure:
        return f"{word(DEVICE_KIND, str(_NAMES.get(about, about)))}, {_name(figure)}"
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
    if name in ("verdict", "health", "health_before", "health_after"):
        return word(_VERDICTS, text)
    if name in ("devices", "amiss", "changed"):
        return _device_line(text)
    return reason(text) if text in REASONS else text


def _device_line(text: str) -> str:
    """`camera: failed: black` and `camera: ok -> failed` in words; any other line as it is."""
    name, colon, rest = text.partition(": ")
    if not colon:
        return word(DEVICE_KIND, text)
    states, _colon, reasons = rest.partition(": ")
    told = " → ".join(word(_VERDICTS, state).lower() for state in states.split(" -> "))
    said = [told, *(reason(keyword) for keyword in reasons.split(", ") if keyword)]
    return _("%(device)s: %(what)s") % {
        "device": word(DEVICE_KIND, name),
        "what": ", ".join(said),
    }
