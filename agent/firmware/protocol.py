"""What a hook is told and what it answers: firmware_hooks/PROTOCOL.md, version 1. Pure.

A hook's output, a JSON object a line; the last is the result:
    {"progress": 40, "step": "writing"}
    {"result": {"version": "1.2.3"}}
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from agent.firmware.errors import HookError

VERSION = 1
GONE, LATER = 69, 75  # sysexits(3): EX_UNAVAILABLE, EX_TEMPFAIL
MAX_BYTES = 1024 * 1024
_MAX_DEVICES = 64
_Short = Annotated[str, Meta(max_length=200)]


class State(StrEnum):
    """What a hook is asked for: its first argument."""

    INVENTORY = "inventory"
    CHECK = "check"
    PREPARE = "prepare"
    FLASH = "flash"
    VERIFY = "verify"
    ROLLBACK = "rollback"
    CLEANUP = "cleanup"


#: Seconds each may take, unless hook.toml says otherwise.
LIMITS_S: Mapping[State, float] = {
    State.INVENTORY: 60.0,
    State.CHECK: 60.0,
    State.PREPARE: 300.0,
    State.FLASH: 900.0,
    State.VERIFY: 120.0,
    State.ROLLBACK: 900.0,
    State.CLEANUP: 60.0,
}


class Device(Struct, frozen=True):
    """One device as a hook finds it, in fwupd's terms. `release` is what `remote` offers for it."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    name: _Short
    version: _Short
    vendor: _Short = ""
    guids: Annotated[tuple[_Short, ...], Meta(max_length=32)] = ()
    usb_id: _Short = ""
    is_updatable: bool = False
    release: _Short = ""
    remote: _Short = ""
    hook: str = ""  # filled in by the runner


class Progress(Struct, frozen=True):
    """How far a state has come, in percent."""

    progress: Annotated[float, Meta(ge=0, le=100)]
    step: _Short = ""


class Answer(Struct, frozen=True):
    """How a state ended. Not `is_good` comes with a `reason`; `is_later` when it may pass."""

    is_good: bool
    result: Mapping[str, Any] = {}
    reason: str = ""
    is_later: bool = False

    def text(self, name: str) -> str:
        """A text of the result; empty when it has none."""
        value = self.result.get(name, "")
        return value[:200] if isinstance(value, str) else ""


class _Line(Struct, frozen=True):
    result: dict[str, Any] | None = None
    progress: Annotated[float, Meta(ge=0, le=100)] | None = None
    step: _Short = ""


def answer(status: int, out: bytes, complaints: Sequence[bytes] = ()) -> Answer:
    """What a hook meant, by its exit status, all its output, and what it said on stderr.

    A status below 0 is the number of the signal that ended it, as in subprocess.
    """
    if status < 0:
        return Answer(False, reason=f"ended by signal {-status}")
    try:
        result = _result(out)
    except HookError as err:
        last = complaints[-1].decode(errors="replace")[:200] if complaints else "no complaint"
        return Answer(False, reason=f"{err} (exit status {status}: {last})")
    if status == 0:
        return Answer(True, result)
    said = result.get("error")
    reason = said[:300] if isinstance(said, str) and said else f"exit status {status}"
    return Answer(False, result, reason, is_later=status == LATER)


def progress(line: bytes) -> Progress | None:
    """What a line says of progress; None when it is another, or none that can be read."""
    try:
        told = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if told.progress is None else Progress(told.progress, told.step)


def devices(found: Answer, hook: str) -> tuple[Device, ...]:
    """The devices of an inventory. Raises HookError when that is not what it holds."""
    try:
        listed = msgspec.convert(found.result.get("devices"), tuple[Device, ...])
    except msgspec.ValidationError as err:
        raise HookError(f"hook {hook}: its inventory is none: {err}") from err
    return tuple(msgspec.structs.replace(one, hook=hook) for one in listed[:_MAX_DEVICES])


def silent(found: Answer, hook: str) -> tuple[str, ...]:
    """Why an inventory lacks devices that the hook was shown."""
    listed = found.result.get("silent")
    texts = listed if isinstance(listed, list) else []
    return tuple(
        f"hook {hook}: {one[:200]}" for one in texts[:_MAX_DEVICES] if isinstance(one, str)
    )


def _result(out: bytes) -> dict[str, Any]:
    if len(out) > MAX_BYTES:
        raise HookError(f"said more than {MAX_BYTES} bytes")
    lines = [line for line in out.splitlines() if line.strip()]
    if not lines:
        raise HookError("said nothing")
    for line in lines:
        try:
            told = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as err:
            raise HookError(f"said what is no line of the protocol: {line[:60]!r}") from err
    if told.result is None:
        raise HookError("gave no result")
    return told.result
