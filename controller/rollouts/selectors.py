"""Rollouts, as read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from controller.errors import NotFound
from controller.fleet.models import Kiosk, Lifecycle
from controller.rollouts.models import Compliance, Rollout, RolloutEvent, Target, Wave
from controller.rollouts.proposing import ALIVE
from controller.rollouts.stages import Compliant, Stage, TargetStage, WaveStage


@dataclass(frozen=True, slots=True)
class WaveDetail:
    """A wave, how many of its kiosks are at which stage, and whether it waits for a person."""

    wave: Wave
    counts: Mapping[TargetStage, int]  # stages that no kiosk is at are left out
    awaits_approval: bool

    @property
    def total(self) -> int:
        """All of its kiosks."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Detail:
    """A rollout, its waves in their order, and its past, the latest first."""

    rollout: Rollout
    waves: tuple[WaveDetail, ...]
    events: tuple[RolloutEvent, ...]

    @property
    def counts(self) -> dict[TargetStage, int]:
        """Over all waves."""
        found: dict[TargetStage, int] = {}
        for wave in self.waves:
            for stage, number in wave.counts.items():
                found[stage] = found.get(stage, 0) + number
        return found


def rollouts() -> QuerySet[Rollout]:
    """All of them, the latest first, each with its release and who proposed it."""
    return Rollout.objects.select_related("release", "by", "approved_by")


def running() -> QuerySet[Rollout]:
    """Those approved and not over, the latest first."""
    return rollouts().filter(stage__in=ALIVE)


def open_ones() -> QuerySet[Rollout]:
    """Those not over, proposals among them: what somebody may have to do something about."""
    return rollouts().filter(stage__in=(Stage.PROPOSED, *ALIVE))


def detail(rollout_id: UUID, events: int = 200) -> Detail:
    """One rollout: four queries, however many kiosks. Raises NotFound."""
    rollout = rollouts().filter(pk=rollout_id).first()
    if rollout is None:
        raise NotFound(f"no rollout {rollout_id}")
    waves = list(rollout.waves.all())
    counted: dict[int, dict[TargetStage, int]] = {wave.pk: {} for wave in waves}
    rows = rollout.targets.order_by().values_list("wave_id", "stage").annotate(Count("pk"))
    for wave_id, stage, number in rows:
        counted[wave_id][TargetStage(stage)] = number
    past = rollout.events.order_by("-at", "-id")[:events]
    return Detail(
        rollout,
        tuple(WaveDetail(wave, counted[wave.pk], _awaits(rollout, waves, wave)) for wave in waves),
        tuple(past),
    )


def targets(rollout_id: UUID, *, wave: int | None = None, stage: str = "") -> QuerySet[Target]:
    """Its kiosks in the order of their waves, each with kiosk, site and wave: one query."""
    found = Target.objects.filter(rollout=rollout_id).select_related("kiosk__site", "wave")
    if wave is not None:
        found = found.filter(wave__position=wave)
    return found.filter(stage=stage) if stage else found


def of_kiosk(kiosk_id: str) -> QuerySet[Target]:
    """A kiosk's part in rollouts, the latest first: one query."""
    return (
        Target.objects.filter(kiosk=kiosk_id)
        .select_related("rollout__release", "wave", "revision_before")
        .order_by("-rollout__created_at")
    )


def compliance(kiosk_id: str) -> Compliance | None:
    """As last checked; None: never, which is unknown."""
    return Compliance.objects.filter(kiosk=kiosk_id).first()


def compliance_of(kiosks: Collection[str]) -> dict[str, Compliance]:
    """Of many; those never checked are left out, and are unknown: one query."""
    return Compliance.objects.in_bulk(kiosks)


def fleet_compliance() -> dict[Compliant, int]:
    """How many kiosks in service are compliant, drifted, unknown: one query."""
    found = dict.fromkeys(Compliant, 0)
    rows = (
        Kiosk.objects.filter(lifecycle__in=(Lifecycle.ACTIVE, Lifecycle.MAINTENANCE))
        .order_by()
        .values_list("compliance__state")
        .annotate(Count("pk"))
    )
    for state, number in rows:
        found[Compliant(state or Compliant.UNKNOWN)] += number
    return found


def not_compliant() -> QuerySet[Compliance]:
    """Those that drifted or are unknown, drifted first, each with kiosk and site: one query."""
    found = Compliance.objects.exclude(state=Compliant.YES).select_related("kiosk__site")
    return found.order_by("state", "since")


def _awaits(rollout: Rollout, waves: list[Wave], wave: Wave) -> bool:
    """Whether it is the next, and a person's word is all it lacks."""
    before = [one for one in waves if one.position < wave.position]
    return (
        rollout.stage == Stage.RUNNING
        and wave.stage == WaveStage.WAITING
        and wave.waits_for_approval
        and wave.approved_at is None
        and all(one.stage == WaveStage.PASSED for one in before)
    )
