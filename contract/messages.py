"""What is said on each channel, and the door where it is checked.

Unknown fields are ignored, wrong types refused. Times are UTC. A *durable* message (report,
outcome) carries the `epoch` of the outbox it was written to and its `seq` there: 1, 2, 3, ... on
disk. The controller stores each (epoch, seq) once and answers on `ack` with what it has committed;
the kiosk keeps every message until then. `floor` is the lowest seq that may still come: what is
below it and was never seen was dropped by a full outbox, and is shown as a gap.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from contract.commands import CommandState
from contract.errors import MessageError
from contract.health import (
    DeviceId,
    DeviceState,
    FactName,
    FactValue,
    Kind,
    Reason,
    Verdict,
)
from contract.topics import Channel

Utc = Annotated[datetime, Meta(tz=True)]
Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
Seq = Annotated[int, Meta(ge=1, le=2**53)]
Session = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
BootId = Annotated[str, Meta(max_length=64)]
CommandId = Annotated[str, Meta(pattern=r"^[0-9a-f-]{36}$")]
Text = Annotated[str, Meta(max_length=500)]
Scalar = Annotated[str, Meta(max_length=2000)] | bool | int | float | None

#: The largest payload read. A full report of a 20-device kiosk is about 6 KB.
MAX_BYTES = 65_536
#: The largest part of a file in one message: base64 makes it 44 KB.
PIECE_BYTES = 32_768
MAX_PIECES = 64


class Presence(Struct, frozen=True):
    """Retained, and the last will. `session` keeps a late will from overriding a newer birth."""

    session: Session
    is_online: bool
    at: Utc
    boot_id: BootId
    agent_version: Annotated[str, Meta(max_length=32)]
    reason: Text = ""  # connected, stopping, rebooting, lost


class Declared(Struct, frozen=True):
    """A peripheral this kiosk is meant to have."""

    id: DeviceId
    kind: Kind
    is_required: bool


class Firmware(Struct, frozen=True):
    """The software inside a peripheral, in fwupd's terms: as the hook that knows it found it.

    `remote` offers `release`; both are empty where nobody knows of another.
    """

    device: Annotated[str, Meta(max_length=200)]
    name: Annotated[str, Meta(max_length=200)]
    version: Annotated[str, Meta(max_length=200)]
    hook: Annotated[str, Meta(max_length=64)]
    vendor: Annotated[str, Meta(max_length=200)] = ""
    guids: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=8)] = ()
    usb_id: Annotated[str, Meta(max_length=16)] = ""
    is_updatable: bool = False
    release: Annotated[str, Meta(max_length=200)] = ""
    remote: Annotated[str, Meta(max_length=200)] = ""


class Inventory(Struct, frozen=True):
    """Retained: what this kiosk is made of. `firmware` is looked up once a day."""

    at: Utc
    boot_id: BootId
    agent_version: Annotated[str, Meta(max_length=32)]
    facts: Annotated[dict[str, Scalar], Meta(max_length=64)] = {}
    declared: Annotated[tuple[Declared, ...], Meta(max_length=64)] = ()
    firmware: Annotated[tuple[Firmware, ...], Meta(max_length=64)] = ()


class Durable(Struct, frozen=True, kw_only=True):
    """What every message kept until committed carries."""

    epoch: Epoch
    seq: Seq
    floor: Seq = 1
    at: Utc
    clock_trusted: bool
    boot_id: BootId


class Event(Struct, frozen=True):
    """Something that happened to a device at the report's hour, rather than how it is.

    `name` is one of contract.events, or newer than the reader: then it is shown as it is.
    """

    name: Reason
    device: DeviceId
    facts: Annotated[dict[FactName, FactValue], Meta(max_length=16)] = {}


class Report(Durable, frozen=True, kw_only=True):
    """Devices as measured: all at connect and hourly (`is_full`), in between what changed.

    `events` are what happened meanwhile, each said once.
    """

    is_full: bool
    devices: Annotated[tuple[DeviceState, ...], Meta(max_length=64)]
    removed: Annotated[tuple[DeviceId, ...], Meta(max_length=64)] = ()
    verdict: Verdict
    events: Annotated[tuple[Event, ...], Meta(max_length=16)] = ()


class Piece(Struct, frozen=True):
    """A part of a file that a command fetches. `index` counts from 0 to `count` - 1.

    Joined in that order they are the file that the command's last outcome names in its result
    (`file`, `size_bytes`, `sha256`). They come in any order, before that outcome or after it.
    """

    index: Annotated[int, Meta(ge=0, lt=MAX_PIECES)]
    count: Annotated[int, Meta(ge=1, le=MAX_PIECES)]
    data: Annotated[bytes, Meta(max_length=PIECE_BYTES)]  # base64 in JSON


class Outcome(Durable, frozen=True, kw_only=True):
    """How far a command has come.

    While it runs it may be said again, with `progress_percent` and `step` in the result, or with
    a piece of what was fetched.
    """

    command: CommandId
    state: CommandState
    reason: Text = ""  # a code of contract.reasons, or a text
    result: Annotated[dict[str, Scalar | list[Text]], Meta(max_length=64)] = {}
    piece: Piece | UnsetType = UNSET


class Command(Struct, frozen=True, kw_only=True):
    """An order to one kiosk."""

    id: CommandId
    name: Annotated[str, Meta(max_length=64)]
    args: dict[str, Any] = {}
    issued_at: Utc
    expires_at: Utc
    is_forced: bool = False


class Ack(Struct, frozen=True):
    """All of this epoch up to `seq` is committed: the kiosk may forget it."""

    epoch: Epoch
    seq: Annotated[int, Meta(ge=0, le=2**53)]


Message = Presence | Inventory | Report | Outcome | Command | Ack

TYPES: dict[Channel, type[Message]] = {
    Channel.PRESENCE: Presence,
    Channel.INVENTORY: Inventory,
    Channel.REPORT: Report,
    Channel.OUTCOME: Outcome,
    Channel.COMMAND: Command,
    Channel.ACK: Ack,
}

_DECODERS = {channel: msgspec.json.Decoder(kind) for channel, kind in TYPES.items()}
_ENCODER = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """The JSON bytes of a message. `?` stands for what is no text, as in names of files."""
    try:
        return _ENCODER.encode(message)
    except UnicodeEncodeError:
        return _ENCODER.encode(_as_text(msgspec.to_builtins(message)))


def _as_text(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_as_text(name): _as_text(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(each) for each in value]
    return value


def decode(channel: Channel, payload: bytes) -> Message:
    """The message in `payload`, of the type that `channel` promises.

    >>> decode(Channel.ACK, b'{"epoch": "00000000000000ab", "seq": 7, "later": "ignored"}')
    Ack(epoch='00000000000000ab', seq=7)

    Raises MessageError when it is too large, not JSON, or not that message.
    """
    if len(payload) > MAX_BYTES:
        raise MessageError(f"{channel} has {len(payload)} bytes, must have at most {MAX_BYTES}")
    try:
        return _DECODERS[channel].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise MessageError(f"{channel} is malformed: {err}") from err
