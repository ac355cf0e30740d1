"""How long alerts that are over are kept: deleted by the bit, so that nobody waits for long."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from controller.alerts.alert import State
from controller.alerts.models import Alert, AlertEvent, Member, Silence

BIT = 500
#: Of what was over before anybody was told, nobody asks for long.
DROPPED_DAYS = 7


def forget(now: datetime, days: int) -> bool:
    """Delete a bit of what is over for longer than that; whether there may be more."""
    old = Alert.objects.filter(state=State.RESOLVED, resolved_at__lt=now - timedelta(days=days))
    dropped = Alert.objects.filter(
        state=State.DROPPED, since__lt=now - timedelta(days=min(days, DROPPED_DAYS))
    )
    has_more = [_delete(old), _delete(dropped)]
    Silence.objects.filter(ends_at__lt=now - timedelta(days=days)).delete()
    return any(has_more)


def _delete(rows: QuerySet[Alert]) -> bool:
    """With their timelines: in two steps, for one statement names only so many rows."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BIT])
    AlertEvent.objects.filter(alert_id__in=ids).delete()
    Member.objects.filter(alert_id__in=ids).delete()
    Alert.objects.filter(pk__in=ids).delete()
    return len(ids) == BIT
