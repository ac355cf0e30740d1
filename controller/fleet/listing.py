"""The fleet as a list, for the command line and the API."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from contract.health import Readiness
from controller.fleet.models import Device, Kiosk, Lifecycle, Status
from controller.fleet.standing import Standing, standing


@dataclass(frozen=True, slots=True)
class Wanted:
    """What part of the fleet is asked for; empty: all that is not retired."""

    department: str = ""
    kind: str = ""
    readiness: str = ""
    text: str = ""  # in id, label, site or commune


@dataclass(frozen=True, slots=True)
class Row:
    """One kiosk in a list. `readiness` is as last said, `standing` what is known of it now."""

    id: str
    kind: str
    lifecycle: str
    label: str
    site: str
    commune: str
    department: str
    standing: Standing
    readiness: str
    is_online: bool
    last_heard_at: datetime | None
    reasons: tuple[str, ...] = ()  # `device: reason, reason` of the devices it is because of

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON: times in ISO 8601, UTC."""
        heard = self.last_heard_at.isoformat() if self.last_heard_at else None
        return {**asdict(self), "last_heard_at": heard, "reasons": list(self.reasons)}


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of the kiosks in service: planned, active or in maintenance."""

    kiosks: int
    online: int
    by_kind: dict[str, int]
    by_readiness: dict[str, int]  # as last said; every readiness is there


def kiosks(wanted: Wanted) -> QuerySet[Kiosk]:
    """The kiosks wanted, by id, with site and status."""
    rows = Kiosk.objects.exclude(lifecycle=Lifecycle.RETIRED)
    if wanted.department:
        rows = rows.filter(site__department=wanted.department)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.readiness:
        never_heard = Q(status=None) if wanted.readiness == Readiness.UNKNOWN else Q()
        rows = rows.filter(never_heard | Q(status__readiness=wanted.readiness))
    for word in wanted.text.replace("\0", "").split():
        rows = rows.filter(
            Q(id__icontains=word)
            | Q(label__icontains=word)
            | Q(site__name__icontains=word)
            | Q(site__commune__icontains=word)
        )
    return rows.select_related("site", "status").defer("status__inventory").order_by("id")


def rows(found: Iterable[Kiosk], now: datetime) -> list[Row]:
    """Rows in the same order; one more query, whatever their number."""
    listed = list(found)
    because = _because(listed)
    return [_row(kiosk, because, now) for kiosk in listed]


def worst_first(found: Iterable[Kiosk], now: datetime) -> list[Row]:
    """Rows in the order in which they need a hand."""
    return sorted(rows(found, now), key=lambda row: (row.standing.rank, row.commune, row.id))


def summary() -> Summary:
    """Two queries, whatever the size of the fleet."""
    in_service = Kiosk.objects.exclude(lifecycle=Lifecycle.RETIRED).order_by()
    by_kind = dict(in_service.values_list("kind").annotate(Count("id")))
    said = in_service.values_list("status__readiness", "status__is_online").annotate(Count("id"))
    by_readiness = {str(readiness): 0 for readiness in Readiness}
    online = 0
    for readiness, is_online, count in said:
        by_readiness[readiness or Readiness.UNKNOWN] += count
        online += count if is_online else 0
    return Summary(sum(by_kind.values()), online, by_kind, by_readiness)


def _status(kiosk: Kiosk) -> Status | None:
    return getattr(kiosk, "status", None)


def _because(listed: Sequence[Kiosk]) -> dict[str, list[Device]]:
    """The devices that keep each kiosk from being ready."""
    blamed = {
        kiosk.pk: status.because for kiosk in listed if (status := _status(kiosk)) is not None
    }
    devices: dict[str, list[Device]] = {}
    ids = [name for name, because in blamed.items() if because]
    for device in Device.objects.filter(kiosk__in=ids).only("kiosk_id", "device", "reasons"):
        if device.device in blamed[device.kiosk_id]:
            devices.setdefault(device.kiosk_id, []).append(device)
    return devices


def _row(kiosk: Kiosk, because: dict[str, list[Device]], now: datetime) -> Row:
    status = _status(kiosk)
    where = standing(kiosk, status, now, timezone.localtime(now))
    return Row(
        id=kiosk.pk,
        kind=kiosk.kind,
        lifecycle=kiosk.lifecycle,
        label=kiosk.label,
        site=kiosk.site.name,
        commune=kiosk.site.commune,
        department=kiosk.site.department,
        standing=where,
        readiness=status.readiness if status else str(Readiness.UNKNOWN),
        is_online=bool(status and status.is_online),
        last_heard_at=status.last_heard_at if status else None,
        reasons=tuple(
            f"{device.device}: {', '.join(device.reasons)}" if device.reasons else device.device
            for device in because.get(kiosk.pk, ())
        ),
    )
