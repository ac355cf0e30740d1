"""What calls about releases, rollouts and compliance take and give. Reasons are codes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from controller.api.shapes import TEXT
from controller.rollouts.proposing import MAX_KIOSKS
from controller.rollouts.stages import (
    Compliant,
    Kind,
    OnFailure,
    Stage,
    TargetStage,
    WaveStage,
)
from controller.rollouts.waves import MAX_AT_A_TIME, MAX_SOAK_S

KioskId = Annotated[str, Field(max_length=63)]
Kiosks = Annotated[list[KioskId], Field(max_length=MAX_KIOSKS)]


class ReleaseItem(Schema):
    """A signed release that was taken in; a withdrawn one begins no rollout any more."""

    name: str
    digest: str  # sha256 of its manifest, hex
    signed_by: str
    imported_at: datetime
    actor: str
    withdrawn_at: datetime | None
    why_withdrawn: str


class ReleaseDetail(ReleaseItem):
    """With its manifest: the agent's version, and each file with its sha256 and size in bytes."""

    manifest: dict[str, Any]


class ReleasePage(Schema):
    """Some of them, the latest first."""

    count: int
    items: list[ReleaseItem]


class Withdrawal(Schema):
    """Why no rollout may begin with it any more."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=TEXT)


class NewWave(Schema):
    """A wave of these kiosks, or until so many percent of all have it: one of the two."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    kiosks: Kiosks = Field(default_factory=list)
    percent: int = Field(0, ge=0, le=100)
    at_a_time: int = Field(5, ge=1, le=MAX_AT_A_TIME)
    soak_s: int = Field(900, ge=0, le=MAX_SOAK_S)
    stop_after_failures: int = Field(1, ge=1, le=MAX_AT_A_TIME)
    keeps_window: bool = True
    waits_for_approval: bool = False


class RolloutTrial(Schema):
    """What to bring, to which kiosks, in which waves: a release, or a configuration's revision."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    release: str | None = Field(None, max_length=64)
    revision: int | None = Field(None, ge=1, le=2**31 - 1)
    kiosks: Kiosks = Field(default_factory=list)
    waves: list[NewWave] = Field(min_length=1, max_length=20)


class NewRollout(RolloutTrial):
    """A proposal: it does nothing before it is approved. Its life counts from then."""

    title: str = Field("", max_length=150)
    on_failure: OnFailure = OnFailure.PAUSE
    kiosk_limit_s: int = Field(1800, ge=60, le=6 * 3600)
    life_s: int = Field(7 * 86_400, ge=300, le=90 * 86_400)
    why: str = Field("", max_length=TEXT)


class TrialWave(Schema):
    """A wave and the kiosks that it would have."""

    name: str
    kiosks: list[str]


class RolloutPreview(Schema):
    """What a proposal would be now; by kiosk, why it is left out."""

    waves: list[TrialWave]
    left_out: dict[str, str]


class RolloutItem(Schema):
    """A rollout in a list. `reason` is why it stopped by itself."""

    id: UUID
    title: str
    kind: Kind
    release: str | None = Field(alias="release_id")
    revision: int | None = Field(alias="revision_id")
    stage: Stage
    reason: str
    on_failure: OnFailure
    kiosk_limit_s: int
    life_s: int
    created_at: datetime
    expires_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    ended_at: datetime | None
    why: str
    actor: str

    @staticmethod
    def resolve_approved_by(rollout: Any) -> str | None:
        """The user's name; null where the command line did, or nobody yet."""
        return rollout.approved_by.get_username() if rollout.approved_by else None


class RolloutPage(Schema):
    """Some of them, the latest first."""

    count: int
    items: list[RolloutItem]


class WaveItem(Schema):
    """A wave, and how many of its kiosks are at which stage."""

    position: int
    name: str
    stage: WaveStage
    at_a_time: int
    soak_s: int
    stop_after_failures: int
    keeps_window: bool
    waits_for_approval: bool
    awaits_approval: bool  # now: nothing else holds it
    began_at: datetime | None
    soaks_until: datetime | None
    ended_at: datetime | None
    counts: dict[TargetStage, int]


class RolloutEventItem(Schema):
    """A step of its life; `actor` is empty where it did so by itself."""

    at: datetime
    what: str
    subject: str  # a wave's position, or a kiosk
    reason: str
    actor: str


class RolloutDetail(Schema):
    """A rollout, its waves in their order, and its past, the latest first."""

    rollout: RolloutItem
    waves: list[WaveItem]
    events: list[RolloutEventItem]


class TargetItem(Schema):
    """One kiosk of a rollout; health is by device, as it was before its turn and after."""

    kiosk: str = Field(alias="kiosk_id")
    wave: int
    stage: TargetStage
    reason: str
    attempts: int
    not_before: datetime | None
    begun_at: datetime | None
    applied_at: datetime | None
    ended_at: datetime | None
    release_before: str
    revision_before: int | None = Field(alias="revision_before_id")
    health_before: dict[str, str]
    health_after: dict[str, str]
    details: dict[str, Any]

    @staticmethod
    def resolve_wave(target: Any) -> int:
        """Its position."""
        position: int = target.wave.position
        return position


class TargetPage(Schema):
    """Some of a rollout's kiosks, in the order of their waves."""

    count: int
    items: list[TargetItem]


class FleetCompliance(Schema):
    """How many kiosks in service are as they should be, are not, or could not be checked."""

    compliant: int
    drifted: int
    unknown: int


class ComplianceItem(Schema):
    """Whether a kiosk is as its release and configuration say; nothing secret is in it."""

    kiosk: str
    state: Compliant
    reason: str  # why it is unknown
    since: datetime | None
    checked_at: datetime | None
    release: str
    differences: list[dict[str, str]]  # what would change: id, sls, comment, diff


class CompliancePage(Schema):
    """Those that were checked and are not compliant, drifted ones first."""

    count: int
    items: list[ComplianceItem]


class CheckWish(Schema):
    """Kiosks to be checked at the next turn, at the latest when they are back."""

    model_config = ConfigDict(extra="forbid")

    kiosks: list[KioskId] = Field(min_length=1, max_length=500)
