"""What is asked of tokens and certificates."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from controller.enrolment.models import Certificate
from controller.errors import NotFound
from controller.fleet.models import Kiosk, Lifecycle


def kiosks(ids: Sequence[str]) -> list[Kiosk]:
    """The kiosks of these ids, in that order. Raises NotFound naming the first missing."""
    found = Kiosk.objects.in_bulk(list(ids))
    for kiosk_id in ids:
        if kiosk_id not in found:
            raise NotFound(f"no kiosk {kiosk_id!r}: `vigie fleet` shows them")
    return [found[kiosk_id] for kiosk_id in ids]


def without_certificate() -> QuerySet[Kiosk]:
    """Kiosks in service, or planned, that have no certificate in force."""
    live = Certificate.objects.filter(
        kiosk=OuterRef("pk"), revoked_at=None, expires_at__gt=timezone.now()
    )
    return Kiosk.objects.exclude(lifecycle=Lifecycle.RETIRED).filter(~Exists(live))
