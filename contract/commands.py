"""What a kiosk can be told to do: one schema for page, API, CLI and agent."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

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


class RebootArgs(Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `reboot`."""

    delay_s: Annotated[int, Meta(ge=0, le=3600)] = 0


class PingArgs(Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `ping`: none."""


class CommandSpec(Struct, frozen=True):
    """One entry of the catalogue."""

    name: str
    args: type[Struct]
    is_disruptive: bool  # asks for typed confirmation, refused while a citizen is in session
    expires_in_s: int  # default life of an undelivered command
    runs_in_s: int  # past this without an outcome the controller calls it unknown


CATALOGUE: tuple[CommandSpec, ...] = (
    CommandSpec("reboot", RebootArgs, is_disruptive=True, expires_in_s=600, runs_in_s=900),
    CommandSpec("ping", PingArgs, is_disruptive=False, expires_in_s=60, runs_in_s=60),
)


def spec(name: str) -> CommandSpec:
    """The catalogue's entry for `name`. Raises CommandError when there is none."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in CATALOGUE)
    raise CommandError(f"command is {name[:64]!r}, must be one of: {known}")


def parse_args(name: str, args: dict[str, Any]) -> Struct:
    """The typed arguments of command `name`.

    >>> parse_args("reboot", {"delay_s": 5})
    RebootArgs(delay_s=5)

    Raises CommandError for an unknown command or wrong arguments.
    """
    try:
        return msgspec.convert(args, spec(name).args)
    except msgspec.ValidationError as err:
        raise CommandError(f"arguments of {name}: {err}") from err
