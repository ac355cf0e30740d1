"""What the API takes and gives. Times are ISO 8601 in UTC; texts are data, not to be parsed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from ninja import Field, Schema
from pydantic import ConfigDict

from contract.commands import CommandState, Impact
from contract.health import Health, Readiness
from controller.fleet.models import Ending, KioskKind
from controller.fleet.standing import Standing

TEXT = 2000


class Failure(Schema):
    """Any answer from 400 on: one sentence that says what is wrong and what to do."""

    error: str


class KioskItem(Schema):
    """One kiosk in a list. `readiness` is as it last said, `standing` what is known of it now."""

    id: str
    kind: KioskKind
    lifecycle: str
    label: str
    site: str
    commune: str
    department: str
    standing: Standing
    readiness: Readiness
    is_online: bool
    last_heard_at: datetime | None
    reasons: list[str]


class KioskPage(Schema):
    """Some of them; `count` is of all that match."""

    count: int
    items: list[KioskItem]


class DeviceItem(Schema):
    """A device as last reported; `since` is when it came to this health, by our clock."""

    device: str
    kind: str
    health: Health
    reasons: list[str]
    metrics: dict[str, float]
    facts: dict[str, Any]
    since: datetime
    measured_at: datetime


class ChangeItem(Schema):
    """A change of a device, or of the kiosk's presence where `device` is empty."""

    device: str
    kind: str
    before: str
    after: str
    reasons: list[str]
    at: datetime
    clock_trusted: bool
    received_at: datetime


class DeviceEventItem(Schema):
    """Something that happened to a device, once; `name` and `facts` are the kiosk's."""

    device: str
    name: str
    facts: dict[str, Any]
    at: datetime
    clock_trusted: bool
    received_at: datetime


class DeviceEventPage(Schema):
    """Some of a kiosk's events, the latest heard first."""

    count: int
    items: list[DeviceEventItem]


class SessionItem(Schema):
    """A citizen's visit. `ended_at` is null while it is open, or where nobody knows its end."""

    device: str
    began_at: datetime
    ended_at: datetime | None
    duration_s: float | None
    ending: Ending
    clock_trusted: bool
    received_at: datetime


class SessionPage(Schema):
    """Some of a kiosk's visits, the latest first."""

    count: int
    items: list[SessionItem]


class StatusItem(Schema):
    """What the kiosk itself, or its last will, said last."""

    is_online: bool
    presence_since: datetime | None
    presence_reason: str
    boot_id: str
    agent_version: str
    readiness: Readiness
    because: list[str]
    clock_trusted: bool
    last_heard_at: datetime


class SiteItem(Schema):
    """Where a kiosk stands."""

    code: str
    name: str
    host_type: str
    commune: str
    insee: str
    department: str
    latitude: float | None
    longitude: float | None
    opening_hours: str
    contact: str
    provider: str


class KioskDetail(Schema):
    """One kiosk; `status` is null when it was never heard."""

    id: str
    kind: KioskKind
    lifecycle: str
    label: str
    standing: Standing
    site: SiteItem
    services: list[str]
    status: StatusItem | None
    devices: list[DeviceItem]
    changes: list[ChangeItem]


class Order(Schema):
    """A command to give. What is not named here is refused, so that a slip is not overlooked."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64, examples=["reboot"])
    args: dict[str, Any] = Field(default_factory=dict)
    why: str = Field("", max_length=TEXT)
    expires_in_s: int | None = None
    is_forced: bool = False


class SpecItem(Schema):
    """A command that can be given, to kiosks or to devices of these `kinds`."""

    name: str
    impact: Impact
    is_disruptive: bool
    yields_to_session: bool
    expires_in_s: int
    runs_in_s: int
    kinds: list[str]
    args: dict[str, Any]

    @staticmethod
    def resolve_args(spec: Any) -> dict[str, Any]:
        """As a JSON Schema."""
        return msgspec.json.schema(spec.args)


class EventItem(Schema):
    """One step of a command's life."""

    state: str
    at: datetime
    received_at: datetime
    reason: str
    result: dict[str, Any]


class CommandItem(Schema):
    """A command and its life so far. Past `is_final`, nothing more is expected."""

    id: UUID
    kiosk: str = Field(alias="kiosk_id")
    name: str
    args: dict[str, Any]
    state: CommandState
    is_final: bool
    reason: str
    result: dict[str, Any]
    issued_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    begun_at: datetime | None
    finished_at: datetime | None
    is_forced: bool
    why: str
    by: str | None  # the user who ordered it; null for the command line
    events: list[EventItem]

    @staticmethod
    def resolve_is_final(command: Any) -> bool:
        """From its state."""
        return CommandState(command.state).is_final

    @staticmethod
    def resolve_by(command: Any) -> str | None:
        """The user's name."""
        return command.by.get_username() if command.by else None


class CommandPage(Schema):
    """Some of a kiosk's commands, the latest first."""

    count: int
    items: list[CommandItem]


class PointItem(Schema):
    """A metric over an hour, or a day where hours are no longer kept."""

    start: datetime
    minimum: float
    mean: float
    maximum: float
    samples: int


class SummaryItem(Schema):
    """The fleet in numbers: kiosks that are not retired."""

    kiosks: int
    online: int
    by_kind: dict[str, int]
    by_readiness: dict[str, int]  # as last said
    by_standing: dict[str, int]  # what is known now
    gaps: int  # messages that will never come
    rejected: int  # since the first start, of all ingest processes


class GapItem(Schema):
    """Messages `first` to `last` of one outbox, which will never come."""

    kiosk: str = Field(alias="kiosk_id")
    epoch: str
    first: int
    last: int
    seen_at: datetime


class RejectedItem(Schema):
    """A message that could not be read; the start of its payload, unreadable bytes replaced."""

    at: datetime
    topic: str
    error: str
    payload: str

    @staticmethod
    def resolve_payload(rejected: Any) -> str:
        """As text, for people."""
        return bytes(rejected.payload).decode("utf-8", errors="replace")
