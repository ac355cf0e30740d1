"""`ping`: the agent is there, listens and answers."""

from msgspec import Struct

from agent.clock import Clock, uptime_s
from agent.commands import Finish
from agent.journal import Entry
from contract import RELEASE
from contract.commands import CommandState
from contract.reasons import OutcomeReason, because


class Ping:
    """Answers with what a technician asks first."""

    name = "ping"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def hindrance(self, args: Struct) -> str:
        """None: an agent that hears it can answer."""
        return ""

    def begin(self, entry: Entry, finish: Finish) -> None:
        """Answers at once."""
        result = {
            "agent_version": RELEASE,
            "boot_id": entry.boot_id,
            "clock_trusted": self._clock.is_trusted(),
            "uptime_s": round(uptime_s()),
        }
        finish(CommandState.SUCCEEDED, result=result)

    def resume(self, entry: Entry, finish: Finish) -> None:
        """An answer that never came is not worth giving late."""
        finish(CommandState.UNKNOWN, because(OutcomeReason.RESTARTED_WHILE_RUNNING))
