"""Writes to the fleet that are nobody else's."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from controller.fleet.models import Status


@transaction.atomic
def touch(kiosks: Collection[str], now: datetime) -> None:
    """Tell open pages that something of these kiosks changed. One never heard has no status."""
    # In order, so that two that touch the same kiosks wait for each other and never cross.
    rows = Status.objects.select_for_update().filter(pk__in=kiosks).order_by("pk")
    if found := list(rows.values_list("pk", flat=True)):
        Status.objects.filter(pk__in=found).update(touched_at=now)
