"""The life of a command, step by step, and what came of it."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contract.commands import CommandState
from controller.commands.models import Command
from controller.web.measures import duration
from controller.web.outcomes import at_work


@dataclass(frozen=True, slots=True)
class Step:
    """One state that a command came to, by the controller's clock."""

    state: str
    at: datetime
    after_s: float | None  # since the step before; None for the first
    reason: str
    at_work: str = ""  # what the kiosk was at, while it ran


def life(command: Command) -> list[Step]:
    """What was heard of a command, in order; a word that says no more than the last is left out."""
    steps: list[Step] = []
    for event in command.events.all():
        after_s = (event.received_at - steps[-1].at).total_seconds() if steps else None
        # The command's own last reason is said above its life already.
        reason = "" if event.reason == command.reason else event.reason
        doing = at_work(event.result) if event.state == CommandState.RUNNING else ""
        step = Step(event.state, event.received_at, after_s, reason, doing)
        if not steps or not _is_same(step, steps[-1]):
            steps.append(step)
    return steps


def _is_same(step: Step, last: Step) -> bool:
    return step.state == last.state and step.at_work in ("", last.at_work) and not step.reason


@dataclass(frozen=True, slots=True)
class Turn:
    """A device that is not as it was. Healths are empty where the kiosk did not say them."""

    device: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Devices that are better and worse than before, and how many are the same."""

    better: tuple[Turn, ...]
    worse: tuple[Turn, ...]
    same: int


#: `camera: missing -> ok`, as the agent says it.
_TURN = re.compile(r"(?P<device>\S+): (?P<before>\w+) -> (?P<after>\w+)")


def comparison(command: Command) -> Comparison | None:
    """The devices before and after, as far as the kiosk compared them."""
    better, worse = command.result.get("better"), command.result.get("worse")
    if not isinstance(better, list) or not isinstance(worse, list):
        return None
    same = command.result.get("same")
    turns = _turns(command.result.get("changed"))
    return Comparison(
        tuple(turns.get(name, Turn(name)) for name in better),
        tuple(turns.get(name, Turn(name)) for name in worse),
        same if isinstance(same, int) else 0,
    )


def _turns(changed: object) -> dict[str, Turn]:
    texts = changed if isinstance(changed, list) else []
    found = (_TURN.fullmatch(str(text)) for text in texts)
    return {match["device"]: Turn(**match.groupdict()) for match in found if match}


def summary(command: Command) -> str:
    """How long it took and what became of the devices, as far as the kiosk said so."""
    parts = []
    took_s = command.result.get("duration_s")
    if isinstance(took_s, int | float):
        parts.append(_("It took {duration}.").format(duration=duration(took_s)))
    if compared := comparison(command):
        parts.append(_sentence(compared))
    return " ".join(parts)


def _sentence(compared: Comparison) -> str:
    better, worse, same = len(compared.better), len(compared.worse), compared.same
    if not better and not worse:
        return _("Its devices are as before.")
    texts = []
    if better:
        texts.append(
            ngettext("{n} device is better", "{n} devices are better", better).format(n=better)
        )
    if worse:
        texts.append(
            ngettext("{n} device is worse", "{n} devices are worse", worse).format(n=worse)
        )
    if same:
        texts.append(ngettext("{n} is as before", "{n} are as before", same).format(n=same))
    return _("Compared with before: {changes}.").format(changes=", ".join(texts))
