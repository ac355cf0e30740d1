"""What the API takes and gives of the configuration. Secrets are masks, always."""

from datetime import datetime
from typing import Any

from ninja import Field, Schema
from pydantic import ConfigDict

from controller.api.shapes import TEXT
from controller.configuration.differences import Kind
from controller.configuration.models import Revision

Scope = Revision.Scope


class LayerItem(Schema):
    """A layer; `revision` is the number of its last one, 0 while it never said anything."""

    scope: str
    place: str  # empty for the region
    revision: int
    at: datetime | None
    actor: str
    why: str


class LayerDetail(LayerItem):
    """With what it says."""

    document: dict[str, Any]


class LayerEdit(Schema):
    """What it shall say from now on, whole. A mask in a secret's place keeps that secret."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    why: str = Field(min_length=1, max_length=500)


class LayerTrial(Schema):
    """What it would say."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]


class Why(Schema):
    """For the history and the audit."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=min(TEXT, 500))


class RevisionItem(Schema):
    """One state of one layer."""

    revision: int
    scope: str
    place: str
    at: datetime
    actor: str
    why: str
    reverts_to: int | None


class RevisionDetail(RevisionItem):
    """With what the layer said then."""

    document: dict[str, Any]


class RevisionPage(Schema):
    """Some of a layer's revisions, the newest first."""

    count: int
    items: list[RevisionItem]


class DifferenceItem(Schema):
    """One value. null is an entry taken out."""

    path: list[str]
    kind: Kind
    before: Any = None
    after: Any = None
    is_secret: bool


class TrialItem(Schema):
    """What would come of an edit; it may be saved when `broken` is empty."""

    differences: list[DifferenceItem]
    changes: list[str]  # kiosks whose configuration would be another
    broken: dict[str, list[str]]  # kiosk -> what its configuration would lack


class Source(Schema):
    """Which layer says a value; for an entry that is_removed, which takes it out."""

    path: list[str]
    scope: str
    place: str
    is_removed: bool


class EffectiveItem(Schema):
    """A kiosk's configuration, whole: what `sources` does not name has its default."""

    kiosk: str
    revision: int | None  # the one it is as of; null: of before anything was configured
    assigned: int | None
    is_assigned: bool  # else it takes the newest when it first asks
    is_pending: bool  # something newer is written for it
    document: dict[str, Any]
    sources: list[Source]


class PendingItem(Schema):
    """A kiosk that a rollout of the newest revision would change."""

    kiosk: str
    revision: int | None  # that it is assigned
    since: datetime


class PendingPage(Schema):
    """Some of them."""

    count: int
    newest: int | None
    items: list[PendingItem]
