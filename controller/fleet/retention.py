"""How long the fleet's history is kept: deleted by the bit, so that ingest never waits long."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models

from controller.config import Retention
from controller.fleet.models import DeviceEvent, Reading, Resolution, Session, StateChange
from controller.fleet.readings import chunks, fold_into_days, too_old

#: How many rows one transaction deletes.
BIT = 5000


def forget(now: datetime, keep: Retention) -> bool:
    """Fold or delete up to `BIT` rows of each kind that are too old; whether there may be more."""
    hours = now - timedelta(days=keep.hourly_days)
    days = now - timedelta(days=keep.daily_days)
    changes = now - timedelta(days=keep.changes_days)
    has_more = fold_into_days(hours, BIT)
    has_more |= _delete_days(days)
    for history in (StateChange, DeviceEvent, Session):
        has_more |= delete_bit(history.objects.filter(received_at__lt=changes))
    return has_more


def _delete_days(before: datetime) -> bool:
    old = too_old(Resolution.DAY, before, BIT)
    for chunk in chunks(old):
        Reading.objects.filter(pk__in=chunk).delete()
    return len(old) == BIT


def delete_bit(rows: "models.QuerySet[Any]", bit: int = BIT) -> bool:
    """Delete up to `bit` of these rows, which nothing else refers to; whether there may be more."""
    oldest = rows.order_by("pk").values("pk")[:bit]
    count, _ = rows.model._default_manager.filter(pk__in=oldest).delete()
    return bool(count == bit)
