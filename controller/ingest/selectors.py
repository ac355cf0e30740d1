"""What was lost on the way from the kiosks, as read."""

from dataclasses import dataclass

from django.db.models import F, Sum

from controller.ingest.models import Gap, Tally


@dataclass(frozen=True, slots=True)
class Losses:
    """Messages that will never come, and those that could not be read since the first start."""

    gaps: int
    rejected: int


def losses() -> Losses:
    """Two queries."""
    lost = Gap.objects.order_by().aggregate(total=Sum(F("last") - F("first") + 1))["total"]
    rejected = Tally.objects.aggregate(total=Sum("rejected"))["total"]
    return Losses(lost or 0, rejected or 0)
