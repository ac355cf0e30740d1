"""Orders to many kiosks: tried without effect, begun, paused and ended."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from controller.accounts.scopes import Scope
from controller.api.alert_shapes import Reason
from controller.api.auth import by, caller, needs
from controller.api.batch_shapes import BatchDetail, BatchPage, NewBatch, PlanItem
from controller.api.failures import ASKED, TOLD
from controller.api.pages import Limit, Offset, page
from controller.api.shapes import Failure
from controller.commands import batches
from controller.commands.models import Batch
from controller.errors import NotFound

router = Router(tags=["batches"])
ACT = needs(Scope.ACT, "commands.run_*")


@router.get("/batches", response={200: BatchPage, ASKED: Failure})
def listed(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> dict[str, Any]:
    """All batches, the latest first."""
    return page(Batch.objects.all(), limit, offset)


@router.post("/batches/plan", response={200: PlanItem, TOLD: Failure}, **ACT)
def plan(request: HttpRequest, wish: NewBatch) -> batches.Preview:
    """What would happen now: changes nothing."""
    return batches.preview(
        kiosks=wish.kiosks,
        name=wish.name,
        args=wish.args,
        user=caller(request).user,
        is_forced=wish.is_forced,
        why=wish.why,
    )


@router.get("/batches/{batch_id}", response={200: BatchDetail, ASKED: Failure})
def batch(request: HttpRequest, batch_id: UUID) -> Batch:
    """One batch and how far each of its kiosks is."""
    return _batch(batch_id)


@router.post("/batches", response={201: BatchDetail, TOLD: Failure}, **ACT)
def create(request: HttpRequest, wish: NewBatch) -> Status[Batch]:
    """Begin a batch; its first orders are given within a second."""
    made = batches.create(
        kiosks=wish.kiosks,
        name=wish.name,
        args=wish.args,
        rolling=batches.Rolling(
            at_a_time=wish.at_a_time,
            pause_s=wish.pause_s,
            stop_after_failures=wish.stop_after_failures,
            life=timedelta(seconds=wish.life_s),
        ),
        why=wish.why,
        is_forced=wish.is_forced,
        **by(request),
    )
    return Status(201, _batch(made.pk))


@router.post("/batches/{batch_id}/pause", response={200: BatchDetail, TOLD: Failure}, **ACT)
def pause(request: HttpRequest, batch_id: UUID, wish: Reason) -> Batch:
    """No further orders until it goes on."""
    return _batch(batches.pause(batch_id, why=wish.why, **by(request)).pk)


@router.post("/batches/{batch_id}/resume", response={200: BatchDetail, TOLD: Failure}, **ACT)
def resume(request: HttpRequest, batch_id: UUID, wish: Reason) -> Batch:
    """Go on, also after it stopped by itself."""
    return _batch(batches.resume(batch_id, why=wish.why, **by(request)).pk)


@router.post("/batches/{batch_id}/abort", response={200: BatchDetail, TOLD: Failure}, **ACT)
def abort(request: HttpRequest, batch_id: UUID, wish: Reason) -> Batch:
    """End it: nothing more is ordered, what is under way goes to its end."""
    return _batch(batches.abort(batch_id, why=wish.why, **by(request)).pk)


def _batch(batch_id: UUID) -> Batch:
    found = Batch.objects.prefetch_related("items").filter(pk=batch_id).first()
    if found is None:
        raise NotFound(f"no batch {batch_id}: list them at /api/batches")
    return found
