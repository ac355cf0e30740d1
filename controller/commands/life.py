"""The life of a command: what a word from the kiosk changes, when to give up waiting. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contract.commands import CommandState


class GivenUp(StrEnum):
    """Why the controller itself ended a command: codes, told in words by `words.reason_text`."""

    NOT_DELIVERED = "not-delivered"  # it never left, or nobody has ever listened for that kiosk
    NOT_ANSWERED = "not-answered"  # the broker had it, the kiosk said nothing before it expired
    NO_OUTCOME = "no-outcome"  # the kiosk began it, and never said how it ended


@dataclass(frozen=True, slots=True)
class Life:
    """As much of a command as its life depends on."""

    state: CommandState
    expires_at: datetime
    runs_in: timedelta  # how long it may take once begun
    begun_at: datetime | None = None
    is_presumed: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """How the controller ends a command that it waits for in vain."""

    state: CommandState
    reason: GivenUp


#: An answer given just before the end may still be under way.
GRACE = timedelta(seconds=5)

_RANK = {
    CommandState.QUEUED: 0,
    CommandState.SENT: 1,
    CommandState.ACCEPTED: 2,
    CommandState.RUNNING: 3,
}
_ENDED = 4
_OURS = (CommandState.QUEUED, CommandState.SENT)


def is_news(life: Life, said: CommandState) -> bool:
    """Whether a word from the kiosk moves the command to the state it says.

    A life only goes forward, so words that come late or twice change nothing. What the kiosk itself
    said last stands; what the controller only presumed gives way: `expired` to any word, `unknown`
    (the kiosk had begun) to an end.
    """
    if said in _OURS:
        return False
    if life.is_presumed:
        return said.is_final or life.state is CommandState.EXPIRED
    return _RANK.get(said, _ENDED) > _RANK.get(life.state, _ENDED)


def overdue(life: Life, now: datetime) -> End | None:
    """How the controller ends the command at `now`; None while there is something to wait for."""
    if life.state.is_final:
        return None
    if life.state in _OURS:
        if now < life.expires_at + GRACE:
            return None
        sent = life.state is CommandState.SENT
        return End(CommandState.EXPIRED, GivenUp.NOT_ANSWERED if sent else GivenUp.NOT_DELIVERED)
    begun = max(life.expires_at, life.begun_at or life.expires_at)
    if now < begun + life.runs_in:
        return None
    return End(CommandState.UNKNOWN, GivenUp.NO_OUTCOME)
