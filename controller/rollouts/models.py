"""Releases, their rollouts in waves, and what each kiosk has.

Release, Rollout, Wave and Target are written by services and by the driver; Installed and
Compliance tell of a kiosk now. All that the planner decides from is here, so that whoever is killed
goes on from what is written.
"""

import uuid
from enum import StrEnum

from django.conf import settings
from django.db import models

from controller.configuration.models import Revision
from controller.fleet.models import Kiosk
from controller.rollouts.stages import (
    Compliant,
    Kind,
    OnFailure,
    Stage,
    TargetStage,
    WaveStage,
)


def _choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [(str(one), str(one)) for one in kind]


class Release(models.Model):
    """An immutable folder of states, hooks and packages, whose signature and hashes were verified.

    Its name is its Salt environment and the name of its folder.
    """

    name = models.CharField(max_length=64, primary_key=True)
    digest = models.CharField(max_length=64, unique=True)  # sha256 of the manifest as signed, hex
    manifest = models.JSONField()
    signed_by = models.CharField(max_length=64)  # the name of the trusted key
    imported_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    actor = models.CharField(max_length=150)
    withdrawn_at = models.DateTimeField(null=True)  # no rollout may begin with it any more
    why_withdrawn = models.TextField(blank=True)

    class Meta:
        ordering = ("-imported_at",)
        permissions = [("import", "Can import and withdraw releases")]

    def __str__(self) -> str:
        return self.name


class Rollout(models.Model):
    """One release, or one revision of the configuration, for a fixed list of kiosks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=13, choices=_choices(Kind))
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="rollouts"
    )  # None: each kiosk keeps the release it has
    revision = models.ForeignKey(
        Revision, null=True, on_delete=models.PROTECT, related_name="+"
    )  # None: each kiosk keeps the configuration it has
    stage = models.CharField(max_length=9, choices=_choices(Stage), default=Stage.PROPOSED)
    reason = models.CharField(max_length=500, blank=True)  # why it stopped by itself
    on_failure = models.CharField(max_length=6, choices=_choices(OnFailure))
    #: How long a kiosk may take for each step: applying, checking, proving, reverting.
    kiosk_limit_s = models.PositiveIntegerField(default=1800)
    created_at = models.DateTimeField()
    life_s = models.PositiveIntegerField(default=86_400)  # from its approval, or its revert
    expires_at = models.DateTimeField()  # kiosks not reached by then are missed
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor = models.CharField(max_length=150)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        ordering = ("-created_at",)
        permissions = [
            ("propose", "Can propose, pause, resume and abort rollouts"),
            ("approve", "Can approve rollouts"),
        ]


class Wave(models.Model):
    """Some kiosks of a rollout, that go before those of the next wave."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="waves")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    at_a_time = models.PositiveSmallIntegerField()
    soak_s = models.PositiveIntegerField()
    #: With so many failed (missed ones are none) the wave has failed.
    stop_after_failures = models.PositiveSmallIntegerField()
    keeps_window = models.BooleanField(default=True)  # only within each kiosk's maintenance window
    waits_for_approval = models.BooleanField(default=False)  # it does not begin before
    approved_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=7, choices=_choices(WaveStage), default=WaveStage.WAITING)
    began_at = models.DateTimeField(null=True)
    soaks_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("rollout", "position")
        constraints = [
            models.UniqueConstraint(fields=("rollout", "position"), name="wave_once_a_rollout")
        ]


class Target(models.Model):
    """One kiosk of a rollout."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="targets")
    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="targets")
    kiosk = models.ForeignKey(Kiosk, on_delete=models.CASCADE, related_name="rollout_targets")
    stage = models.CharField(
        max_length=13, choices=_choices(TargetStage), default=TargetStage.WAITING
    )
    reason = models.CharField(max_length=500, blank=True)  # a stages.Why, with its detail
    jid = models.CharField(max_length=20, blank=True, db_index=True)  # kept before the job is given
    is_given = models.BooleanField(default=False)  # the master took the job `jid`
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)  # busy, or a citizen was there: again then
    begun_at = models.DateTimeField(null=True)  # the job's, or that of the one which undoes it
    asked_at = models.DateTimeField(null=True)  # when it was last asked after its job
    before_at = models.DateTimeField(null=True)  # when `.._before` were noted; none: never touched
    since = models.DateTimeField(null=True)  # of this stage
    applied_at = models.DateTimeField(null=True)  # its agent must be heard after this
    ended_at = models.DateTimeField(null=True)
    release_before = models.CharField(max_length=64, blank=True)
    revision_before = models.ForeignKey(
        Revision, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    health_before = models.JSONField(default=dict)  # device -> health, when its turn came
    health_after = models.JSONField(default=dict)  # the same, when it was proven or failed
    details = models.JSONField(default=dict)  # states changed and failed: see salt.results

    class Meta:
        ordering = ("wave__position", "id")
        constraints = [
            models.UniqueConstraint(fields=("rollout", "kiosk"), name="target_once_a_rollout")
        ]


class RolloutEvent(models.Model):
    """One step in a rollout's life, by itself or by a person: what the page tells of its past."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    what = models.CharField(max_length=32)  # "approved", "wave-began", "kiosk-failed", ...
    subject = models.CharField(max_length=64, blank=True)  # a wave's position, or a kiosk's id
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=150, blank=True)  # empty: by itself

    class Meta:
        ordering = ("at", "id")


class Installed(models.Model):
    """The release a kiosk has, as far as a rollout has brought it there."""

    kiosk = models.OneToOneField(
        Kiosk, primary_key=True, on_delete=models.CASCADE, related_name="installed"
    )
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    rollout = models.ForeignKey(Rollout, null=True, on_delete=models.SET_NULL, related_name="+")


class Compliance(models.Model):
    """Whether a kiosk is as its release and its configuration say, as last asked (`test=True`)."""

    kiosk = models.OneToOneField(
        Kiosk, primary_key=True, on_delete=models.CASCADE, related_name="compliance"
    )
    state = models.CharField(max_length=9, choices=_choices(Compliant), default=Compliant.UNKNOWN)
    reason = models.CharField(max_length=500, blank=True)  # why unknown: a stages.Why
    since = models.DateTimeField()  # of this state
    checked_at = models.DateTimeField(null=True)  # the last time an answer came
    asked_at = models.DateTimeField(null=True)
    jid = models.CharField(max_length=20, blank=True, db_index=True)  # of the question under way
    release = models.CharField(max_length=64, blank=True)  # what it was compared with
    #: What would change: [{"id", "sls", "comment", "diff"}, ...], cut short, nothing secret.
    differences = models.JSONField(default=list)
