"""What this kiosk does when told to: one module a command, and the tuple that lists them.

To add one: an entry in `contract.commands.CATALOGUE`, a module here that offers `work(scene)`, and
a line in `RARE`. What takes long is an `errand.Errand`, which has a thread of its own.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from agent.journal import Entry
from contract.commands import CommandState
from contract.messages import Piece

if TYPE_CHECKING:
    from agent.commands.scene import Scene

#: Commands whose module is imported when one is first ordered: a kiosk that is never told to does
#: not carry it. `ping` and `reboot` are always at hand.
RARE = (
    ("restart-agent", "agent.commands.restart_agent"),
    ("restart-application", "agent.commands.restart_application"),
    ("power-cycle", "agent.commands.power_cycle"),
    ("restart-printing", "agent.commands.restart_printing"),
    ("clear-queue", "agent.commands.clear_queue"),
    ("print-test-page", "agent.commands.print_test_page"),
    ("test-sound", "agent.commands.try_sound"),
    ("test-camera", "agent.commands.try_camera"),
    ("test-scanner", "agent.commands.try_scanner"),
    ("test-link", "agent.commands.try_link"),
    ("check-up", "agent.commands.check_up"),
    ("fetch-logs", "agent.commands.fetch_logs"),
    ("identify", "agent.commands.identify"),
    ("sync-clock", "agent.commands.sync_clock"),
    ("renew-certificate", "agent.commands.renew_certificate"),
    ("repair-minion", "agent.commands.repair_minion"),
    ("rotate-minion-key", "agent.commands.rotate_minion_key"),
    ("apply-configuration", "agent.commands.apply_configuration"),
)


class Finish(Protocol):
    """Says how a command ended; to be called once."""

    def __call__(
        self, state: CommandState, reason: str = "", result: Mapping[str, Any] | None = None
    ) -> None: ...


class Teller(Finish, Protocol):
    """What a command says while it runs, and, by being called, how it ended. In the loop only."""

    def progress(self, percent: int, step: str) -> None:
        """How far it has come: 0 to 100, and what is being done, in a word or two."""

    def piece(self, piece: Piece) -> None:
        """A part of what was fetched. A full outbox drops it before it drops a change."""

    def note(self, text: str) -> None:
        """Keep on disk what `noted` of a later life has to know. Raises StoreError."""

    def noted(self) -> str:
        """What was noted of this command last, be it in an earlier life; empty when nothing."""


class Work(Protocol):
    """One command. All methods return at once; `tell` may be called now or later."""

    name: str

    def hindrance(self, args: Struct) -> str:
        """Why this kiosk cannot do it, as a reason of an outcome; empty when it can."""

    def begin(self, entry: Entry, tell: Teller) -> None:
        """Do it: the journal says `running` already."""

    def resume(self, entry: Entry, tell: Teller) -> None:
        """The agent ended while this was running: find out what became of it."""


def rare(name: str, scene: "Callable[[], Scene]") -> Work | None:
    """The command of this name among the rare ones, loaded now."""
    module = next((module for known, module in RARE if known == name), None)
    if module is None:
        return None
    work: Work = import_module(module).work(scene())
    return work
