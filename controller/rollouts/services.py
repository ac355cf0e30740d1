"""What people do to a rollout. Each call is one transaction, audited, and told on its page.

Whoever may propose may also pause, resume what a person paused, and abort. To approve, to resume
what stopped by itself, to try failed kiosks again and to revert takes the right to approve.
Administrators may approve what they proposed themselves: a region may have but one; the audit says
so.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from controller.accounts.services import record
from controller.errors import NotFound, Refused
from controller.fleet.models import Kiosk
from controller.rollouts.models import Compliance, Rollout, Target
from controller.rollouts.proposing import ALIVE, elsewhere, require, told
from controller.rollouts.proposing import Preview as Preview
from controller.rollouts.proposing import preview as preview
from controller.rollouts.proposing import propose as propose
from controller.rollouts.stages import Stage, TargetStage, WaveStage
from controller.rollouts.waves import WaveWish as WaveWish

PROPOSE, APPROVE = "rollouts.propose", "rollouts.approve"


@transaction.atomic
def approve(
    rollout_id: UUID, *, user: User | None, actor: str = "", why: str = "", address: str = ""
) -> Rollout:
    """Let a proposal begin; its life counts from now. Of one that runs, let the wave begin that
    waits for approval. Raises NotFound, NotPermitted, and Refused."""
    require(user, APPROVE)
    rollout = _locked(rollout_id)
    who: dict[str, Any] = {"user": user, "actor": actor, "why": why, "address": address}
    if rollout.stage == Stage.RUNNING:
        return _approve_wave(rollout, who)
    _refuse_unless(rollout, (Stage.PROPOSED,))
    if rollout.release is not None and rollout.release.withdrawn_at is not None:
        raise Refused(_("release %(name)s was withdrawn") % {"name": rollout.release_id})
    _refuse_shared(rollout)
    now = timezone.now()
    rollout.stage, rollout.approved_at, rollout.approved_by = Stage.RUNNING, now, user
    rollout.expires_at = now + timedelta(seconds=rollout.life_s)
    rollout.save()
    rollout.waves.filter(position=0).update(approved_at=now)
    is_own = user is not None and rollout.by_id == user.pk
    _note(rollout, "approved", details={"is_own": is_own}, **who)
    return rollout


@transaction.atomic
def pause(rollout_id: UUID, **who: Any) -> Rollout:
    """No kiosk begins until it goes on; what is under way goes to its end."""
    require(who["user"], PROPOSE)
    rollout = _locked(rollout_id)
    _refuse_unless(rollout, (Stage.RUNNING,))
    return _moved(rollout, Stage.PAUSED, "paused", who)


@transaction.atomic
def resume(rollout_id: UUID, **who: Any) -> Rollout:
    """Go on. One that stopped by itself is forgiven what failed until then; those that failed stay
    so."""
    rollout = _locked(rollout_id)
    _refuse_unless(rollout, (Stage.PAUSED, Stage.STOPPED))
    require(who["user"], PROPOSE if rollout.stage == Stage.PAUSED else APPROVE)
    if rollout.stage == Stage.STOPPED:
        _forgive(rollout)
    return _moved(rollout, Stage.RUNNING, "resumed", who)


@transaction.atomic
def abort(rollout_id: UUID, **who: Any) -> Rollout:
    """End it, or its revert: no kiosk begins any more, what is under way goes to its end, nothing
    is undone."""
    require(who["user"], PROPOSE)
    rollout = _locked(rollout_id)
    _refuse_unless(rollout, (Stage.PROPOSED, *ALIVE))
    _skip_waiting(rollout)
    return _moved(rollout, Stage.ABORTED, "aborted", who)


@transaction.atomic
def revert(rollout_id: UUID, **who: Any) -> Rollout:
    """Bring each kiosk that it touched back to the release and the configuration it had before,
    also after the rollout's end. A kiosk that has had another rollout since is in the way."""
    require(who["user"], APPROVE)
    rollout = _locked(rollout_id)
    _refuse_unless(rollout, (Stage.RUNNING, Stage.PAUSED, Stage.STOPPED, Stage.DONE, Stage.ABORTED))
    touched = rollout.targets.exclude(before_at=None)
    if not touched.exists():
        raise Refused(_("no kiosk has had this rollout yet: abort it"))
    _refuse_shared(rollout)
    _refuse_later(rollout)
    now = timezone.now()
    _skip_waiting(rollout)
    rollout.expires_at = now + timedelta(seconds=rollout.life_s)
    rollout.ended_at = None
    touched.update(attempts=0, not_before=None)
    return _moved(rollout, Stage.REVERTING, "reverting", who)


@transaction.atomic
def retry_failed(rollout_id: UUID, **who: Any) -> Rollout:
    """Let the kiosks that failed, or were missed, have it again; one that is over goes on, with a
    new life."""
    require(who["user"], APPROVE)
    rollout = _locked(rollout_id)
    _refuse_unless(rollout, (Stage.RUNNING, Stage.PAUSED, Stage.STOPPED, Stage.DONE))
    again = rollout.targets.filter(stage__in=(TargetStage.FAILED, TargetStage.MISSED))
    if not (kiosks := list(again.values_list("kiosk_id", flat=True))):
        raise Refused(_("no kiosk of this rollout failed or was missed"))
    _refuse_shared(rollout)
    now = timezone.now()
    rollout.waves.filter(stage=WaveStage.FAILED).update(
        stage=WaveStage.RUNNING, soaks_until=None, ended_at=None
    )
    again.update(
        stage=TargetStage.WAITING, reason="", jid="", is_given=False, attempts=0, not_before=None,
        begun_at=None, asked_at=None, applied_at=None, since=now, ended_at=None,
        health_after={}, details={},
    )  # fmt: skip
    if rollout.stage == Stage.DONE or rollout.expires_at <= now:
        rollout.expires_at = now + timedelta(seconds=rollout.life_s)
        rollout.ended_at = None
    after = Stage.PAUSED if rollout.stage == Stage.PAUSED else Stage.RUNNING
    return _moved(rollout, after, "retried", who, details={"kiosks": kiosks})


@transaction.atomic
def check_soon(
    kiosks: Collection[str], *, user: User | None, actor: str = "", address: str = ""
) -> None:
    """Have these asked for their drift at the next turn, whenever they were asked last."""
    require(user, PROPOSE)
    now = timezone.now()
    for kiosk in sorted(set(kiosks)):
        if not Kiosk.objects.filter(pk=kiosk).exists():
            raise NotFound(f"no kiosk {kiosk[:63]!r}: `vigie fleet` lists them")
        Compliance.objects.update_or_create(
            pk=kiosk, defaults={"asked_at": None}, create_defaults={"since": now}
        )
        record(action="rollout.check", subject=kiosk, user=user, actor=actor, address=address)


def _approve_wave(rollout: Rollout, who: dict[str, Any]) -> Rollout:
    wave = rollout.waves.filter(
        waits_for_approval=True, approved_at=None, stage=WaveStage.WAITING
    ).first()
    if wave is None:
        raise Refused(_("the rollout runs, and no wave of it waits for approval"))
    wave.approved_at = timezone.now()
    wave.save(update_fields=["approved_at"])
    _note(rollout, "wave-approved", subject=str(wave.position), **who)
    return rollout


def _forgive(rollout: Rollout) -> None:
    """Each wave bears as many failures as before, beyond those it has."""
    for wave in rollout.waves.exclude(stage=WaveStage.WAITING):
        failed = wave.targets.filter(stage=TargetStage.FAILED).count()
        if failed:
            wave.stop_after_failures = F("stop_after_failures") + failed
        if wave.stage == WaveStage.FAILED:
            wave.stage, wave.ended_at = WaveStage.RUNNING, None
        wave.save()


def _skip_waiting(rollout: Rollout) -> None:
    now = timezone.now()
    rollout.targets.filter(stage=TargetStage.WAITING).update(
        stage=TargetStage.SKIPPED, since=now, ended_at=now
    )


def _locked(rollout_id: UUID) -> Rollout:
    # PostgreSQL locks no row that an outer join may lack: the rollout's own alone.
    found = Rollout.objects.select_for_update(of=("self",)).select_related("release")
    rollout = found.filter(pk=rollout_id).first()
    if rollout is None:
        raise NotFound(f"no rollout {rollout_id}")
    return rollout


def _refuse_unless(rollout: Rollout, stages: Collection[Stage]) -> None:
    if rollout.stage not in stages:
        raise Refused(
            _("the rollout is %(stage)s: that is possible only when it is %(stages)s")
            % {"stage": rollout.stage, "stages": " / ".join(stages)}
        )


def _refuse_shared(rollout: Rollout) -> None:
    """Kiosks are locked in order, so that two rollouts that share some cannot both begin."""
    kiosks = list(rollout.targets.order_by("kiosk_id").values_list("kiosk_id", flat=True))
    list(Kiosk.objects.select_for_update(no_key=True).filter(pk__in=kiosks).order_by("pk"))
    taken = elsewhere(kiosks, but=rollout)
    if taken:
        kiosk, other = next(iter(sorted(taken.items())))
        raise Refused(
            _("kiosk %(kiosk)s is in rollout %(other)s, which is not over: wait, or abort it")
            % {"kiosk": kiosk, "other": other}
        )


def _refuse_later(rollout: Rollout) -> None:
    """What a later rollout brought is undone first."""
    since = rollout.approved_at or rollout.created_at
    mine = rollout.targets.exclude(before_at=None).values("kiosk_id")
    later = (
        Target.objects.filter(kiosk__in=mine, before_at__gt=since)
        .exclude(rollout=rollout)
        .exclude(rollout__stage=Stage.REVERTED)
        .filter(rollout__approved_at__gt=since)
        .order_by("kiosk_id")
        .first()
    )
    if later is not None:
        raise Refused(
            _("kiosk %(kiosk)s has had rollout %(other)s since: revert that one first")
            % {"kiosk": later.kiosk_id, "other": str(later.rollout_id)}
        )


def _moved(
    rollout: Rollout, stage: Stage, what: str, who: dict[str, Any],
    details: dict[str, Any] | None = None,
) -> Rollout:  # fmt: skip
    rollout.stage, rollout.reason = stage, ""
    rollout.save()
    _note(rollout, what, details=details, **who)
    return rollout


def _note(
    rollout: Rollout, what: str, *, user: User | None, actor: str = "", why: str = "",
    address: str = "", subject: str = "", details: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    by = actor or (user.get_username() if user else "system")
    told(rollout, what, subject=subject, reason=why, actor=by)
    record(
        action=f"rollout.{what}", subject=str(rollout.pk), user=user, actor=actor, why=why,
        address=address, details=details,
    )  # fmt: skip


__all__ = (
    "ALIVE", "Preview", "WaveWish", "abort", "approve", "check_soon", "pause", "preview", "propose",
    "resume", "retry_failed", "revert",
)  # fmt: skip
