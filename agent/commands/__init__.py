"""What this kiosk does when told to: one module a command, and the tuple that lists them.

To add one: an entry in `contract.commands.CATALOGUE`, a class like `Ping` here, a line in `works`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from agent.journal import Entry
from contract.commands import CommandState


class Finish(Protocol):
    """Says how a command ended; to be called once."""

    def __call__(
        self, state: CommandState, reason: str = "", result: Mapping[str, Any] | None = None
    ) -> None: ...


class Work(Protocol):
    """One command. Both methods return at once; `finish` may be called now or later."""

    name: str

    def begin(self, entry: Entry, finish: Finish) -> None:
        """Do it: the journal says `running` already."""

    def resume(self, entry: Entry, finish: Finish) -> None:
        """The agent ended while this was running: find out what became of it."""
