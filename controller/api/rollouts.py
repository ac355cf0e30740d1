"""Rollouts: tried without effect, proposed, approved, held, ended, undone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from ninja.params.functions import Query

from controller.accounts.scopes import Scope
from controller.api.alert_shapes import Reason
from controller.api.auth import by, needs
from controller.api.failures import ASKED, TOLD
from controller.api.pages import Limit, Offset, page
from controller.api.rollout_shapes import (
    NewRollout,
    NewWave,
    RolloutDetail,
    RolloutPage,
    RolloutPreview,
    RolloutTrial,
    TargetPage,
)
from controller.api.shapes import Failure
from controller.errors import NotFound
from controller.rollouts import selectors, services
from controller.rollouts.models import Rollout
from controller.rollouts.stages import Stage, TargetStage

router = Router(tags=["rollouts"])
PROPOSE = needs(Scope.ACT, services.PROPOSE)
APPROVE = needs(Scope.ACT, services.APPROVE)


@router.get("/rollouts", response={200: RolloutPage, ASKED: Failure})
def rollouts(
    request: HttpRequest, stage: Stage | None = None, limit: int = Limit, offset: int = Offset
) -> dict[str, Any]:
    """All rollouts, or those at one stage; the latest first."""
    found = selectors.rollouts()
    return page(found.filter(stage=stage) if stage else found, limit, offset)


@router.post("/rollouts/preview", response={200: RolloutPreview, TOLD: Failure}, **PROPOSE)
def preview(request: HttpRequest, wish: RolloutTrial) -> dict[str, Any]:
    """Which kiosk would be in which wave, and who is left out: changes nothing."""
    found = services.preview(
        kind=wish.kind,
        release=wish.release,
        revision=wish.revision,
        kiosks=wish.kiosks,
        waves=_waves(wish.waves),
    )
    waves = [{"name": wave.name, "kiosks": list(kiosks)} for wave, kiosks in found.waves]
    return {"waves": waves, "left_out": dict(found.left_out)}


@router.post("/rollouts", response={201: RolloutDetail, TOLD: Failure}, **PROPOSE)
def propose(request: HttpRequest, wish: NewRollout) -> Status[dict[str, Any]]:
    """Lay down a rollout; nothing happens before it is approved."""
    made = services.propose(
        title=wish.title,
        kind=wish.kind,
        release=wish.release,
        revision=wish.revision,
        kiosks=wish.kiosks,
        waves=_waves(wish.waves),
        on_failure=wish.on_failure,
        kiosk_limit_s=wish.kiosk_limit_s,
        life=timedelta(seconds=wish.life_s),
        why=wish.why,
        **by(request),
    )
    return Status(201, _detail(made.pk))


@router.get("/rollouts/{rollout_id}", response={200: RolloutDetail, ASKED: Failure})
def rollout(request: HttpRequest, rollout_id: UUID) -> dict[str, Any]:
    """One rollout with its waves and its past."""
    return _detail(rollout_id)


@router.get("/rollouts/{rollout_id}/targets", response={200: TargetPage, ASKED: Failure})
def targets(
    request: HttpRequest,
    rollout_id: UUID,
    wave: int | None = Query(None, ge=0, le=2**15 - 1),
    stage: TargetStage | None = None,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """Its kiosks, or those of one wave (by its position) or at one stage."""
    if not Rollout.objects.filter(pk=rollout_id).exists():
        raise NotFound(f"no rollout {rollout_id}: list them at /api/rollouts")
    return page(selectors.targets(rollout_id, wave=wave, stage=stage or ""), limit, offset)


@router.post(
    "/rollouts/{rollout_id}/approve", response={200: RolloutDetail, TOLD: Failure}, **APPROVE
)
def approve(request: HttpRequest, rollout_id: UUID, wish: Reason) -> dict[str, Any]:
    """Let it begin, or the wave that waits for approval."""
    return _detail(services.approve(rollout_id, why=wish.why, **by(request)).pk)


@router.post(
    "/rollouts/{rollout_id}/pause", response={200: RolloutDetail, TOLD: Failure}, **PROPOSE
)
def pause(request: HttpRequest, rollout_id: UUID, wish: Reason) -> dict[str, Any]:
    """No kiosk begins until it goes on; what is under way goes to its end."""
    return _detail(services.pause(rollout_id, why=wish.why, **by(request)).pk)


@router.post(
    "/rollouts/{rollout_id}/resume", response={200: RolloutDetail, TOLD: Failure}, **PROPOSE
)
def resume(request: HttpRequest, rollout_id: UUID, wish: Reason) -> dict[str, Any]:
    """Go on. After it stopped by itself, that takes the right to approve."""
    return _detail(services.resume(rollout_id, why=wish.why, **by(request)).pk)


@router.post(
    "/rollouts/{rollout_id}/abort", response={200: RolloutDetail, TOLD: Failure}, **PROPOSE
)
def abort(request: HttpRequest, rollout_id: UUID, wish: Reason) -> dict[str, Any]:
    """End it: what is under way goes to its end, nothing is undone."""
    return _detail(services.abort(rollout_id, why=wish.why, **by(request)).pk)


@router.post(
    "/rollouts/{rollout_id}/revert", response={200: RolloutDetail, TOLD: Failure}, **APPROVE
)
def revert(request: HttpRequest, rollout_id: UUID, wish: Reason) -> dict[str, Any]:
    """Bring each kiosk that it touched back to what it had before."""
    return _detail(services.revert(rollout_id, why=wish.why, **by(request)).pk)


@router.post(
    "/rollouts/{rollout_id}/retry", response={200: RolloutDetail, TOLD: Failure}, **APPROVE
)
def retry(request: HttpRequest, rollout_id: UUID, wish: Reason) -> dict[str, Any]:
    """Let the kiosks that failed or were missed have it again."""
    return _detail(services.retry_failed(rollout_id, why=wish.why, **by(request)).pk)


def _waves(wished: Sequence[NewWave]) -> list[services.WaveWish]:
    return [
        services.WaveWish(
            name=wave.name,
            kiosks=tuple(wave.kiosks),
            percent=wave.percent,
            at_a_time=wave.at_a_time,
            soak_s=wave.soak_s,
            stop_after_failures=wave.stop_after_failures,
            keeps_window=wave.keeps_window,
            waits_for_approval=wave.waits_for_approval,
        )
        for wave in wished
    ]


def _detail(rollout_id: UUID) -> dict[str, Any]:
    found = selectors.detail(rollout_id)
    return {
        "rollout": found.rollout,
        "events": list(found.events),
        "waves": [_wave(one) for one in found.waves],
    }


def _wave(found: selectors.WaveDetail) -> dict[str, Any]:
    wave = found.wave
    return {
        "position": wave.position,
        "name": wave.name,
        "stage": wave.stage,
        "at_a_time": wave.at_a_time,
        "soak_s": wave.soak_s,
        "stop_after_failures": wave.stop_after_failures,
        "keeps_window": wave.keeps_window,
        "waits_for_approval": wave.waits_for_approval,
        "awaits_approval": found.awaits_approval,
        "began_at": wave.began_at,
        "soaks_until": wave.soaks_until,
        "ended_at": wave.ended_at,
        "counts": dict(found.counts),
    }
