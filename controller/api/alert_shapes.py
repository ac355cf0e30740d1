"""What calls about alerts, rules, routes and silences take and give."""

from datetime import datetime
from typing import Any

from ninja import Field, Schema
from pydantic import ConfigDict

from controller.alerts.alert import Cause, State, Told
from controller.alerts.models import Silence
from controller.alerts.rules import Severity
from controller.api.pages import Moment
from controller.api.shapes import TEXT

KEY = r"^[a-z][a-z0-9-]{0,62}$"


class WordsItem(Schema):
    """The same in both languages."""

    fr: str
    en: str


class AlertFields(Schema):
    """What is told of any alert. `culprit` is a kiosk, a site, ... as `cause` says."""

    id: int
    rule: str
    severity: Severity
    cause: Cause
    culprit: str
    kiosk: str | None = Field(alias="kiosk_id")
    device: str
    kind: str
    reasons: list[str]
    state: State
    since: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str
    hidden_by: int | None = Field(alias="hidden_by_id")
    silenced_by: int | None = Field(alias="silenced_by_id")
    members: int


class AlertItem(AlertFields):
    """One alert in a list."""

    @staticmethod
    def resolve_members(alert: Any) -> int:
        """How many kiosks it is about now."""
        return sum(1 for member in alert.members.all() if member.left_at is None)


class AlertPage(Schema):
    """Some alerts, the latest fired first."""

    count: int
    items: list[AlertItem]


class StoryItem(Schema):
    """One line of an alert's timeline."""

    at: datetime
    name: Told
    actor: str
    details: dict[str, Any]


class MemberItem(Schema):
    """A kiosk that an alert of a wider cause is about."""

    kiosk: str = Field(alias="kiosk_id")
    joined_at: datetime
    left_at: datetime | None


class AlertDetail(AlertFields):
    """One alert with its story. `runbook` is for a desk clerk and for a technician."""

    title: WordsItem | None
    runbook: dict[str, WordsItem]
    details: dict[str, Any]
    hides: list[int]
    timeline: list[StoryItem]
    affected: list[MemberItem]


class Note(Schema):
    """What somebody saw or did, or why he takes it up."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=TEXT)


class SilenceItem(Schema):
    """Nobody is told of what it covers. An empty field covers all."""

    id: int
    purpose: Silence.Purpose
    rule: str
    kind: str
    kiosk: str | None = Field(alias="kiosk_id")
    site: str
    department: str
    starts_at: datetime
    ends_at: datetime
    why: str
    actor: str


class SilencePage(Schema):
    """Some silences, the latest begun first."""

    count: int
    items: list[SilenceItem]


class NewSilence(Schema):
    """A silence to begin. It begins now unless said otherwise."""

    model_config = ConfigDict(extra="forbid")

    purpose: Silence.Purpose = Silence.Purpose.SILENCE
    rule: str = Field("", max_length=63)
    kind: str = Field("", max_length=32)
    kiosk: str = Field("", max_length=63)
    site: str = Field("", max_length=50)
    department: str = Field("", max_length=3)
    starts_at: Moment | None = None
    ends_at: Moment
    why: str = Field(min_length=1, max_length=TEXT)


class RuleItem(Schema):
    """A rule as it is now. `rule` is all of it, as it is edited."""

    key: str
    version: int
    is_builtin: bool
    is_edited: bool
    rule: dict[str, Any]


class VersionItem(Schema):
    """A rule as it once became."""

    version: int
    at: datetime
    actor: str
    why: str
    rule: dict[str, Any]


class RuleEdit(Schema):
    """A rule as it shall be, and why."""

    model_config = ConfigDict(extra="forbid")

    rule: dict[str, Any]
    why: str = Field("", max_length=TEXT)


class RuleTrial(Schema):
    """A rule to be tried on the past."""

    model_config = ConfigDict(extra="forbid")

    rule: dict[str, Any]
    days: int = Field(30, ge=1, le=90)


class ExampleItem(Schema):
    """One alert that would have fired."""

    fired_at: datetime
    resolved_at: datetime | None
    cause: str
    culprit: str
    kiosks: list[str]
    reasons: list[str]


class PreviewItem(Schema):
    """How often a rule would have fired, the newest examples, and what is only about so."""

    days: int
    count: int
    examples: list[ExampleItem]
    approximations: list[str]


class Reason(Schema):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field("", max_length=TEXT)


class RouteItem(Schema):
    """Who is told, and who next: `steps` are `{"after_s": 0, "contacts": ["it"]}`."""

    key: str
    title: str
    steps: list[dict[str, Any]]


class RouteEdit(Schema):
    """A route as it shall be."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=150)
    steps: list[dict[str, Any]] = Field(max_length=20)
