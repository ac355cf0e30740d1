"""What a kiosk can be told to do: one schema for page, API, CLI and agent."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from contract import command_args as args
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
    args: type[Struct]
    impact: Impact
    expires_in_s: int  # default life of an undelivered command
    runs_in_s: int  # past this without an outcome the controller calls it unknown
    kinds: tuple[str, ...] = ()  # of the devices it is meant for; none: the kiosk itself

    @property
    def is_disruptive(self) -> bool:
        """Whether the kiosk cannot be used meanwhile: one such command at a time."""
        return self.impact is Impact.DISRUPTIVE

    @property
    def yields_to_session(self) -> bool:
        """Whether it is refused while a citizen is in session, unless forced."""
        return self.impact is not Impact.NONE


CATALOGUE: tuple[CommandSpec, ...] = (
    CommandSpec("reboot", args.Reboot, Impact.DISRUPTIVE, 600, 900),
    CommandSpec("restart-application", args.Nothing, Impact.DISRUPTIVE, 600, 120, ("application",)),
    CommandSpec("restart-agent", args.Nothing, Impact.NONE, 600, 180),
    CommandSpec("power-cycle", args.Device, Impact.DISRUPTIVE, 600, 180, args.POWERED),
    CommandSpec("restart-printing", args.Nothing, Impact.NOTICED, 600, 120, ("printer",)),
    CommandSpec("clear-queue", args.Device, Impact.NOTICED, 600, 60, ("printer",)),
    CommandSpec("print-test-page", args.Device, Impact.NOTICED, 600, 180, args.PRINTING),
    CommandSpec("test-sound", args.AnyDevice, Impact.NOTICED, 600, 60, args.SOUNDING),
    CommandSpec("test-camera", args.AnyDevice, Impact.NOTICED, 600, 60, ("camera",)),
    CommandSpec("test-scanner", args.AnyDevice, Impact.NOTICED, 600, 180, ("scanner",)),
    CommandSpec("test-link", args.TestLink, Impact.NOTICED, 600, 180),
    CommandSpec("check-up", args.Nothing, Impact.NOTICED, 600, 300),
    CommandSpec("fetch-logs", args.FetchLogs, Impact.NONE, 3600, 600),
    CommandSpec("identify", args.Identify, Impact.NOTICED, 60, 700),
    CommandSpec("sync-clock", args.Nothing, Impact.NONE, 600, 120),
    CommandSpec("renew-certificate", args.Nothing, Impact.NONE, 3600, 300),
    CommandSpec("apply-configuration", args.ApplyConfiguration, Impact.NOTICED, 3600, 1800),
    CommandSpec("ping", args.Nothing, Impact.NONE, 60, 60),
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
