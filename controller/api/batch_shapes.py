"""What calls about batches take and give."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from controller.api.shapes import TEXT
from controller.commands.models import Batch
from controller.commands.rolling import Turn


class NewBatch(Schema):
    """An order to many kiosks, given to some at a time, in the order in which they are named."""

    model_config = ConfigDict(extra="forbid")

    kiosks: list[str] = Field(min_length=1, max_length=5000)
    name: str = Field(max_length=64, examples=["restart-agent"])
    args: dict[str, Any] = Field(default_factory=dict)
    why: str = Field("", max_length=TEXT)
    is_forced: bool = False
    at_a_time: int = Field(1, ge=1, le=500)
    pause_s: int = Field(60, ge=0, le=86_400)
    stop_after_failures: int = Field(1, ge=0, le=500, description="0: never")
    life_s: int = Field(86_400, ge=60, le=7 * 86_400)


class PlanItem(Schema):
    """What would happen now, and to whom; by kiosk, why not."""

    would_get: list[str]
    would_wait: dict[str, str]
    would_be_refused: dict[str, str]


class TurnItem(Schema):
    """One kiosk of a batch."""

    kiosk: str = Field(alias="kiosk_id")
    command: UUID | None = Field(alias="command_id")
    state: Turn
    reason: str
    not_before: datetime | None
    ended_at: datetime | None


class BatchSummary(Schema):
    """A batch in a list."""

    id: UUID
    name: str
    args: dict[str, Any]
    state: Batch.State
    is_forced: bool
    at_a_time: int
    pause_s: int
    stop_after_failures: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    why: str
    actor: str


class BatchPage(Schema):
    """Some batches, the latest first."""

    count: int
    items: list[BatchSummary]


class BatchDetail(BatchSummary):
    """A batch and how far each of its kiosks is."""

    items: list[TurnItem]

    @staticmethod
    def resolve_items(batch: Any) -> list[Any]:
        """In the order of the list."""
        return list(batch.items.all())
