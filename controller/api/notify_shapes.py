"""What calls about channels, contacts and messages take and give. No secret is ever given."""

from datetime import datetime, time
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import AfterValidator, ConfigDict

from controller.alerts.rules import Severity
from controller.notify.models import Channel, Notification


class ChannelItem(Schema):
    """A way to reach people. `has_secret` is all that is told of its secret."""

    key: str
    title: str
    kind: Channel.Kind
    settings: dict[str, Any]
    has_secret: bool
    is_enabled: bool


class ChannelState(ChannelItem):
    """The same, and how it goes."""

    worked_at: datetime | None
    failing_since: datetime | None
    problem: str
    waiting: int


class ChannelEdit(Schema):
    """A channel as it shall be. A `secret` of null keeps the one there is."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=150)
    kind: Channel.Kind
    settings: dict[str, Any] = Field(default_factory=dict)
    secret: str | None = Field(None, max_length=4000)
    is_enabled: bool = True


class AddressItem(Schema):
    """Where a contact is reached; empty where the channel itself says it all."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(max_length=63)
    address: str = Field("", max_length=255)


class ContactItem(Schema):
    """A person or a team that can be told. Empty lists stand for all."""

    key: str
    name: str
    language: str
    is_enabled: bool
    departments: list[str]
    least_severity: Severity
    digest_at: time | None
    addresses: list[AddressItem]


def _naive(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("must be the controller's own hour, without a time zone: 07:30")
    return hour


class ContactEdit(Schema):
    """A contact as it shall be."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=150)
    language: str = Field("fr", pattern="^(fr|en)$")
    is_enabled: bool = True
    departments: list[str] = Field(default_factory=list, max_length=101)
    least_severity: Severity = Severity.INFO
    digest_at: Annotated[time, AfterValidator(_naive)] | None = None
    addresses: list[AddressItem] = Field(default_factory=list, max_length=50)


class Trial(Schema):
    """Where a test message goes: to an address, or to a contact's."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field("", max_length=255)
    contact: str = Field("", max_length=63)


class TrialItem(Schema):
    """What the receiver answered."""

    has_worked: bool
    answer: str


class TryItem(Schema):
    """One attempt at sending."""

    at: datetime
    has_worked: bool
    answer: str


class NotificationItem(Schema):
    """One message to one address, and what became of it."""

    id: int
    kind: str
    state: Notification.State
    recipient: str
    contact: str | None = Field(alias="contact_id")
    channel: str | None = Field(alias="channel_id")
    title: str
    alerts: list[int]
    created_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    tries: list[TryItem]

    @staticmethod
    def resolve_alerts(sent: Any) -> list[int]:
        """Of which it tells."""
        return [alert.pk for alert in sent.alerts.all()]

    @staticmethod
    def resolve_tries(sent: Any) -> list[Any]:
        """The first first."""
        return list(sent.attempts.all())


class NotificationPage(Schema):
    """Some messages, the latest first."""

    count: int
    items: list[NotificationItem]
