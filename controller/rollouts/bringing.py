"""What goes along when kiosks move in a rollout: what each is to have, and what it has.

The configuration is assigned before the job that applies it, and what is installed is noted once it
is proven; a revert moves both back.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from controller.configuration import services as configuration
from controller.configuration.models import Assignment
from controller.rollouts import models
from controller.rollouts.plan import Target
from controller.rollouts.stages import Compliant, TargetStage


@dataclass(frozen=True, slots=True)
class Move:
    """A kiosk's row as it was read, and the two states between which it moves."""

    row: models.Target
    before: Target
    after: Target

    @property
    def is_first(self) -> bool:
        """Whether its turn comes, and what it has is to be noted."""
        return self.before.before_at is None and self.after.before_at is not None

    @property
    def is_undone(self) -> bool:
        """Whether it is to have again what it had: it is reverted, or nothing was applied."""
        is_put_back = self.before.before_at is not None and self.after.before_at is None
        return is_put_back or self.reaches(TargetStage.REVERTING)

    def reaches(self, stage: TargetStage) -> bool:
        """Whether it comes to this stage now."""
        return self.after.stage is stage and self.before.stage is not stage


def bring(rollout: models.Rollout, moves: Sequence[Move], now: datetime) -> None:
    """To be called in the transaction that writes the moves, before it writes them."""
    _note_before([move.row for move in moves if move.is_first], now)
    if rollout.revision_id is not None:
        _assign(rollout.revision_id, moves, now)
    proven = {
        move.row.kiosk_id: rollout.release_id or move.row.release_before
        for move in moves
        if move.reaches(TargetStage.SUCCEEDED)
    }
    _install(proven, rollout, now)
    _found_compliant(proven, now)
    restored = [move.row for move in moves if move.reaches(TargetStage.REVERTED)]
    _install({row.kiosk_id: row.release_before for row in restored}, None, now)
    # Whether it is as it was, the next question about drift tells.
    kiosks = [row.kiosk_id for row in restored]
    models.Compliance.objects.filter(pk__in=kiosks).update(asked_at=None)


def _note_before(rows: Sequence[models.Target], now: datetime) -> None:
    kiosks = [row.kiosk_id for row in rows]
    installed = dict(models.Installed.objects.filter(pk__in=kiosks).values_list("pk", "release_id"))
    rows_assigned = Assignment.objects.filter(pk__in=kiosks).values_list("pk", "revision_id")
    assigned: dict[str, int | None] = {kiosk: number for kiosk, number in rows_assigned}  # noqa: C416
    for row in rows:
        row.release_before = installed.get(row.kiosk_id, "")
        if row.kiosk_id not in assigned:
            assigned[row.kiosk_id] = configuration.assigned(row.kiosk_id, now)
        row.revision_before_id = assigned[row.kiosk_id]


def _assign(revision_id: int, moves: Sequence[Move], now: datetime) -> None:
    wanted: dict[int | None, list[str]] = defaultdict(list)
    for move in moves:
        if move.is_undone:
            wanted[move.row.revision_before_id].append(move.row.kiosk_id)
        elif move.reaches(TargetStage.APPLYING):
            wanted[revision_id].append(move.row.kiosk_id)
    for number, kiosks in wanted.items():
        configuration.assign(kiosks, number, now)


def _install(releases: dict[str, str], rollout: models.Rollout | None, now: datetime) -> None:
    models.Installed.objects.bulk_create(
        [
            models.Installed(kiosk_id=kiosk, release_id=release, since=now, rollout=rollout)
            for kiosk, release in releases.items()
        ],
        update_conflicts=True,
        unique_fields=["kiosk"],
        update_fields=["release", "since", "rollout"],
    )


def _found_compliant(releases: dict[str, str], now: datetime) -> None:
    """Proof has asked what would change, and nothing would."""
    models.Compliance.objects.bulk_create(
        [
            models.Compliance(
                kiosk_id=kiosk, state=Compliant.YES, since=now, checked_at=now, asked_at=now,
                release=release,
            )
            for kiosk, release in releases.items()
        ],
        update_conflicts=True,
        unique_fields=["kiosk"],
        update_fields=[
            "state", "reason", "since", "checked_at", "asked_at", "jid", "release", "differences",
        ],
    )  # fmt: skip
