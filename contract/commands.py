"""What a kiosk can be told to do: one schema for page, API, CLI and agent."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from contract.errors import CommandError


class CommandState(StrEnum):
    """The life of a command. The first two are the controller's, the others the kiosk says."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # it was begun, and nobody can say how it ended

    @property
    def is_final(self) -> bool:
        """Whether the kiosk will do no more about it."""
        return self in _FINAL


_FINAL = frozenset(
    {
        CommandState.SUCCEEDED,
        CommandState.FAILED,
        CommandState.REFUSED,
        CommandState.EXPIRED,
        CommandState.UNKNOWN,
    }
)


class Impact(StrEnum):
    """What a command costs whoever sits at the kiosk."""

    NONE = "none"  # nobody notices
    NOTICED = "noticed"  # heard or seen, soon over: refused while a citizen is in session
    DISRUPTIVE = "disruptive"  # so, and the kiosk is away meanwhile: asks for typed confirmation


class CommandSpec(Struct, frozen=True):
    """One entry of the catalogue."""

    name: str
    takes: str  # the name of its arguments in contract.command_args
    impact: Impact
    expires_in_s: int  # default life of an undelivered command
    runs_in_s: int  # past this without an outcome the controller calls it unknown
    kinds: tuple[str, ...] = ()  # of the devices it is meant for; none: the kiosk itself

    @property
    def args(self) -> type[Struct]:
        """The type of its arguments."""
        # Loaded with the first order: an agent that is told nothing has no use of them.
        from contract import command_args

        found: type[Struct] = getattr(command_args, self.takes)
        return found

    @property
    def is_disruptive(self) -> bool:
        """Whether the kiosk cannot be used meanwhile: one such command at a time."""
        return self.impact is Impact.DISRUPTIVE

    @property
    def yields_to_session(self) -> bool:
        """Whether it is refused while a citizen is in session, unless forced."""
        return self.impact is not Impact.NONE


#: Kinds of devices that hang on a port whose power can be cut.
_POWERED = (
    "camera",
    "microphone",
    "speakers",
    "handset",
    "touchscreen",
    "printer",
    "receipt-printer",
    "scanner",
    "barcode-reader",
    "card-reader",
    "modem",
    "usb",
)
_PRINTING = ("printer", "receipt-printer")
_SOUNDING = ("microphone", "speakers", "handset")

CATALOGUE: tuple[CommandSpec, ...] = (
    CommandSpec("reboot", "Reboot", Impact.DISRUPTIVE, 600, 900),
    CommandSpec("restart-application", "Nothing", Impact.DISRUPTIVE, 600, 120, ("application",)),
    CommandSpec("restart-agent", "Nothing", Impact.NONE, 600, 180),
    CommandSpec("power-cycle", "Device", Impact.DISRUPTIVE, 600, 180, _POWERED),
    CommandSpec("restart-printing", "Nothing", Impact.NOTICED, 600, 120, ("printer",)),
    CommandSpec("clear-queue", "Device", Impact.NOTICED, 600, 60, ("printer",)),
    CommandSpec("print-test-page", "Device", Impact.NOTICED, 600, 180, _PRINTING),
    CommandSpec("test-sound", "AnyDevice", Impact.NOTICED, 600, 60, _SOUNDING),
    CommandSpec("test-camera", "AnyDevice", Impact.NOTICED, 600, 60, ("camera",)),
    CommandSpec("test-scanner", "AnyDevice", Impact.NOTICED, 600, 180, ("scanner",)),
    CommandSpec("test-link", "TestLink", Impact.NOTICED, 600, 180),
    CommandSpec("check-up", "Nothing", Impact.NOTICED, 600, 300),
    CommandSpec("fetch-logs", "FetchLogs", Impact.NONE, 3600, 600),
    CommandSpec("identify", "Identify", Impact.NOTICED, 60, 700),
    CommandSpec("sync-clock", "Nothing", Impact.NONE, 600, 120),
    CommandSpec("renew-certificate", "Nothing", Impact.NONE, 3600, 300),
    CommandSpec("repair-minion", "Nothing", Impact.NONE, 3600, 300),
    CommandSpec("rotate-minion-key", "Nothing", Impact.NONE, 3600, 300),
    CommandSpec("apply-configuration", "ApplyConfiguration", Impact.NOTICED, 3600, 1800),
    CommandSpec("ping", "Nothing", Impact.NONE, 60, 60),
)


def spec(name: str) -> CommandSpec:
    """The catalogue's entry for `name`. Raises CommandError when there is none."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in CATALOGUE)
    raise CommandError(f"command is {name[:64]!r}, must be one of: {known}")


def parse_args(name: str, given: dict[str, Any]) -> Struct:
    """The typed arguments of command `name`.

    >>> parse_args("reboot", {"delay_s": 5})
    Reboot(delay_s=5)

    Raises CommandError for an unknown command or wrong arguments.
    """
    try:
        return msgspec.convert(given, spec(name).args)
    except msgspec.ValidationError as err:
        raise CommandError(f"arguments of {name}: {err}") from err
