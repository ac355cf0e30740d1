"""Kiosks whose certificate is about to end without having been renewed: said, and taken back."""

from datetime import datetime, timedelta

from django.db.models import Max

from controller.alerts.models import Condition
from controller.alerts.services import clear_condition, set_condition
from controller.enrolment.models import Certificate
from controller.fleet.models import Lifecycle

EXPIRING = "certificate-expiring"
#: A kiosk renews thirty days ahead: with so little left something keeps it from it.
LATE = timedelta(days=14)


def notice(now: datetime) -> bool:
    """Look at the newest certificate of each kiosk in service; there is never more to do at once.

    One that has ended already says nothing new: its kiosk is dark.
    """
    rows = Certificate.objects.filter(revoked_at=None, kiosk__lifecycle=Lifecycle.ACTIVE)
    newest = rows.order_by().values("kiosk_id").annotate(until=Max("expires_at"))
    late = {row["kiosk_id"]: row["until"] for row in newest if now <= row["until"] < now + LATE}
    said = set(Condition.objects.filter(key=EXPIRING).values_list("subject", flat=True))
    for kiosk in said - late.keys():
        clear_condition(EXPIRING, kiosk, now)
    for kiosk in sorted(late.keys() - said):
        set_condition(EXPIRING, kiosk, {"until": late[kiosk].isoformat()}, now)
    return False
