"""The fleet: kiosks, their devices and readings, and what went wrong on the way."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.params.functions import Query

from contract.health import Readiness
from controller.accounts.scopes import Scope
from controller.api.auth import needs
from controller.api.failures import ASKED
from controller.api.pages import Limit, Moment, Offset, page
from controller.api.shapes import (
    DeviceEventPage,
    Failure,
    GapItem,
    KioskDetail,
    KioskPage,
    PointItem,
    RejectedItem,
    SessionPage,
    SummaryItem,
)
from controller.fleet import listing, readings, selectors, visits
from controller.fleet.models import KioskKind
from controller.ingest.models import Gap, Rejected
from controller.ingest.selectors import losses

router = Router(tags=["fleet"])

WEEK = timedelta(days=7)


@router.get("/kiosks", response={200: KioskPage, ASKED: Failure})
def kiosks(
    request: HttpRequest,
    department: str = Query("", max_length=3),
    kind: KioskKind | None = None,
    readiness: Readiness | None = None,
    q: str = Query("", max_length=100, description="words in id, label, site or commune"),
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """The kiosks that are not retired, by id."""
    wanted = listing.Wanted(department, kind or "", readiness or "", q)
    found = listing.kiosks(wanted)
    now = timezone.now()
    return page(found, limit, offset, lambda some: listing.rows(some, now))


@router.get("/kiosks/{kiosk_id}", response={200: KioskDetail, ASKED: Failure})
def kiosk(
    request: HttpRequest, kiosk_id: str, changes: int = Query(20, ge=0, le=500)
) -> dict[str, Any]:
    """One kiosk with its devices and its last changes."""
    view = selectors.kiosk(kiosk_id, timezone.now(), changes=changes)
    found = view.row.kiosk
    return {
        "id": found.pk,
        "kind": found.kind,
        "lifecycle": found.lifecycle,
        "label": found.label,
        "standing": view.row.standing,
        "site": found.site,
        "services": [service.code for service in found.services.all()],
        "status": view.row.status,
        "devices": view.devices,
        "changes": view.changes,
    }


@router.get("/kiosks/{kiosk_id}/readings", response={200: list[PointItem], ASKED: Failure})
def series(
    request: HttpRequest,
    kiosk_id: str,
    device: str = Query(max_length=64),
    metric: str = Query(max_length=64),
    since: Moment | None = None,
) -> list[readings.Point]:
    """A metric of a device since a time, the last week unless given, oldest first."""
    return readings.series(kiosk_id, device, metric, since or timezone.now() - WEEK)


@router.get("/kiosks/{kiosk_id}/events", response={200: DeviceEventPage, ASKED: Failure})
def events(
    request: HttpRequest,
    kiosk_id: str,
    name: str = Query("", max_length=64, description="such as session-ended"),
    device: str = Query("", max_length=64),
    since: Moment | None = None,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """What happened at a kiosk and was heard `since` a time, the latest first."""
    found = visits.events(kiosk_id, name=name, device=device, since=since)
    return page(found, limit, offset)


@router.get("/kiosks/{kiosk_id}/sessions", response={200: SessionPage, ASKED: Failure})
def sessions(
    request: HttpRequest,
    kiosk_id: str,
    since: Moment | None = None,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """A kiosk's visits that began `since` a time: nothing of the citizens. The latest first."""
    found = visits.sessions(kiosk_id, since=since)
    return page(found, limit, offset)


@router.get("/summary", response={200: SummaryItem, ASKED: Failure})
def summary(request: HttpRequest) -> dict[str, Any]:
    """The fleet in numbers."""
    view = selectors.fleet(selectors.Filters(), timezone.now())
    return {
        **asdict(listing.summary()),
        **asdict(losses()),
        "by_standing": view.by_standing,
    }


@router.get("/gaps", response={200: list[GapItem], ASKED: Failure})
def gaps(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> list[Gap]:
    """Messages that kiosks lost before they could be sent, the latest seen first."""
    return list(Gap.objects.all()[offset : offset + limit])


@router.get(
    "/rejected",
    response={200: list[RejectedItem], ASKED: Failure},
    **needs(Scope.ADMIN, "ingest.view_rejected"),
)
def rejected(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> list[Rejected]:
    """Messages that could not be read, the latest first. For administrators."""
    return list(Rejected.objects.all()[offset : offset + limit])
