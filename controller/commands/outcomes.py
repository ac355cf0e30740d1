"""What kiosks say of their commands, taken in by the batch."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from contract.commands import CommandState
from contract.messages import Outcome
from controller.commands import files
from controller.commands.files import carries_piece
from controller.commands.life import is_news
from controller.commands.models import Command, CommandEvent
from controller.fleet.services import touch
from controller.text import printable, storable

_log = logging.getLogger(__name__)

#: A command has some six steps; a kiosk that says more is not written down for ever.
MAX_EVENTS = 50
#: Left for its end, however much it said before.
MAX_ENDS = 5
_PERCENT = "progress_percent"
_NEVER_BEGUN = (CommandState.REFUSED, CommandState.EXPIRED)


def heard(outcomes: Sequence[tuple[str, Outcome]], received_at: datetime) -> set[str]:
    """Take in what kiosks said of their commands; the kiosks whose commands moved.

    `outcomes` are (kiosk id, outcome) in the order to be told. Runs in the caller's transaction, in
    six statements whatever their number; taken twice, it changes nothing more. What is said of an
    unknown command, or of another kiosk's, is ignored, and counted in one log line.
    """
    named = [(kiosk, pk, said) for kiosk, said in outcomes if (pk := _uuid(said.command))]
    with transaction.atomic():
        rows = Command.objects.select_for_update().order_by("pk")
        commands = {row.pk: row for row in rows.filter(pk__in={pk for _, pk, _ in named})}
        ours = [
            (commands[pk], said)
            for kiosk, pk, said in named
            if pk in commands and commands[pk].kiosk_id == kiosk
        ]
        if strange := len(outcomes) - len(ours):
            _log.warning("%d outcomes of commands never given to their kiosk, ignored", strange)
        if not ours:
            return set()
        moved = {
            command.pk: command for command, said in ours if _apply(command, said, received_at)
        }
        Command.objects.bulk_update(
            moved.values(),
            ["state", "reason", "result", "begun_at", "finished_at", "is_presumed"],
        )
        _write_events([one for one in ours if not carries_piece(one[1])], received_at)
        files.keep([(command.pk, said.piece) for command, said in ours if carries_piece(said)])
        kiosks = {command.kiosk_id for command in moved.values()}
        touch(kiosks, received_at)
        return kiosks


def _apply(command: Command, said: Outcome, received_at: datetime) -> bool:
    if not is_news(command.life, said.state):
        return _progress(command, said)
    command.state, command.reason = said.state, printable(said.reason)
    command.is_presumed = False
    if said.result or said.state.is_final:
        command.result = storable(said.result)
    if command.begun_at is None and said.state not in _NEVER_BEGUN:
        command.begun_at = received_at
    command.finished_at = received_at if said.state.is_final else None
    return True


def _progress(command: Command, said: Outcome) -> bool:
    """Whether it runs on, and is further than was known."""
    if command.state != CommandState.RUNNING or said.state is not CommandState.RUNNING:
        return False
    further, known = said.result.get(_PERCENT), command.result.get(_PERCENT, -1)
    if not isinstance(further, int) or (isinstance(known, int) and further <= known):
        return False
    command.result = storable(said.result)
    return True


def _write_events(ours: Sequence[tuple[Command, Outcome]], received_at: datetime) -> None:
    counts = dict(
        CommandEvent.objects.filter(command__in={command.pk for command, _ in ours})
        .order_by()
        .values_list("command")
        .annotate(Count("id"))
    )
    events = []
    for command, said in ours:
        counts[command.pk] = min(counts.get(command.pk, 0), MAX_EVENTS + MAX_ENDS) + 1
        if counts[command.pk] <= MAX_EVENTS + (MAX_ENDS if said.state.is_final else 0):
            events.append(
                CommandEvent(
                    command=command,
                    state=said.state,
                    at=said.at,
                    received_at=received_at,
                    reason=printable(said.reason),
                    result=storable(said.result),
                )
            )
    CommandEvent.objects.bulk_create(events, ignore_conflicts=True)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:  # the contract's pattern lets `-` stand anywhere
        return None
