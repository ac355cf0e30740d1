"""Alerts: what is amiss, its story, and what people do about it; and silences."""

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from ninja.params.functions import Path, Query

from controller.accounts.scopes import Scope
from controller.alerts import selectors, services
from controller.alerts.models import Alert, Silence
from controller.alerts.rules import Severity
from controller.api.alert_shapes import (
    AlertDetail,
    AlertPage,
    NewSilence,
    Note,
    SilenceItem,
    SilencePage,
)
from controller.api.auth import by, needs
from controller.api.failures import ASKED, TOLD
from controller.api.notify_shapes import NotificationItem
from controller.api.pages import Limit, Moment, Offset, page
from controller.api.shapes import Failure
from controller.errors import NotFound
from controller.fleet.models import Kiosk
from controller.notify import selectors as notify
from controller.notify.models import Notification

router = Router(tags=["alerts"])
ACT = needs(Scope.ALERTS, "alerts.acknowledge")
Id = Path(ge=1, le=2**63 - 1)
_OPEN = (Alert.State.FIRING, Alert.State.CLEARING)


@router.get("/alerts", response={200: AlertPage, ASKED: Failure})
def alerts(
    request: HttpRequest,
    state: Literal["", "open", "firing", "clearing", "resolved"] = "",
    severity: Severity | None = None,
    rule: str = Query("", max_length=63),
    kiosk: str = Query("", max_length=63),
    department: str = Query("", max_length=3),
    since: Moment | None = None,
    until: Moment | None = None,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """All that ever fired, the latest first. `open` are those that fire or clear."""
    found: QuerySet[Alert] = selectors.history(
        rule=rule,
        kiosk=kiosk,
        severity=severity or "",
        state="" if state == "open" else state,
        department=department,
        since=since,
        until=until,
    )
    return page(found.filter(state__in=_OPEN) if state == "open" else found, limit, offset)


@router.get("/alerts/{alert_id}", response={200: AlertDetail, ASKED: Failure})
def alert(request: HttpRequest, alert_id: int = Id) -> dict[str, Any]:
    """One alert with its timeline, its members and what to do."""
    return _told(selectors.alert(alert_id))


@router.get(
    "/alerts/{alert_id}/notifications", response={200: list[NotificationItem], ASKED: Failure}
)
def notifications(request: HttpRequest, alert_id: int = Id) -> list[Notification]:
    """What was or will be sent of an alert, the first first, with every try."""
    return list(notify.of_alert(selectors.alert(alert_id).pk))


@router.post(
    "/alerts/{alert_id}/acknowledgement", response={200: AlertDetail, TOLD: Failure}, **ACT
)
def acknowledge(request: HttpRequest, wish: Note, alert_id: int = Id) -> dict[str, Any]:
    """Say that one sees to it: nobody further is told."""
    services.acknowledge(alert_id, note=wish.note, **by(request))
    return _told(selectors.alert(alert_id))


@router.post("/alerts/{alert_id}/notes", response={200: AlertDetail, TOLD: Failure}, **ACT)
def note(request: HttpRequest, wish: Note, alert_id: int = Id) -> dict[str, Any]:
    """Write something beside an alert, whatever its state."""
    services.note(alert_id, note=wish.note, **by(request))
    return _told(selectors.alert(alert_id))


@router.get("/silences", response={200: SilencePage, ASKED: Failure})
def silences(
    request: HttpRequest, active: bool = True, limit: int = Limit, offset: int = Offset
) -> dict[str, Any]:
    """Silences that have not ended, those to come included; or, not `active`, those that have."""
    found = selectors.silences(active, timezone.now())
    return {"count": len(found), "items": found[offset : offset + limit]}


@router.post("/silences", response={201: SilenceItem, TOLD: Failure}, **ACT)
def silence(request: HttpRequest, wish: NewSilence) -> Status[Silence]:
    """Keep quiet about what it covers until its end."""
    kiosk = Kiosk.objects.filter(pk=wish.kiosk).first() if wish.kiosk else None
    if wish.kiosk and kiosk is None:
        raise NotFound(f"there is no kiosk {wish.kiosk!r}")
    made = services.silence(
        purpose=wish.purpose,
        starts_at=wish.starts_at or timezone.now(),
        ends_at=wish.ends_at,
        why=wish.why,
        rule=wish.rule,
        kind=wish.kind,
        kiosk=kiosk,
        site=wish.site,
        department=wish.department,
        **by(request),
    )
    return Status(201, made)


@router.post("/silences/{silence_id}/end", response={200: SilenceItem, TOLD: Failure}, **ACT)
def end_silence(request: HttpRequest, silence_id: int = Id) -> Silence:
    """End a silence before its time."""
    return services.end_silence(silence_id, **by(request))


def _told(found: Alert) -> dict[str, Any]:
    rule = selectors.rule_of(found)
    book = rule.runbook if rule else None
    pages = {"clerk": book.clerk, "technician": book.technician} if book else {}
    return {
        **{name: getattr(found, name) for name in _PLAIN},
        "members": len([one for one in found.members.all() if one.left_at is None]),
        "title": {"fr": rule.title.fr, "en": rule.title.en} if rule else None,
        "runbook": {name: {"fr": text.fr, "en": text.en} for name, text in pages.items()},
        "hides": [hidden.pk for hidden in found.hides.all()],
        "timeline": list(found.events.all()),
        "affected": list(found.members.all()),
    }


_PLAIN = (
    "id", "rule", "severity", "cause", "culprit", "kiosk_id", "device", "kind", "reasons",
    "details", "state", "since", "fired_at", "resolved_at", "acknowledged_at", "acknowledged_by",
    "note", "hidden_by_id", "silenced_by_id",
)  # fmt: skip
