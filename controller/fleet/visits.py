"""Citizens' visits and what else happened at a kiosk: what is asked of its history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from controller.errors import NotFound
from controller.fleet.models import Device, DeviceEvent, Kiosk, Session, Status
from controller.text import storable_time

#: The kind of the device by which a kiosk says that a citizen is there (contract.health).
SESSION = "session"


@dataclass(frozen=True, slots=True)
class Visit:
    """A citizen is at the kiosk. `since` is None where its clock cannot tell."""

    since: datetime | None


def visit(status: Status, devices: Iterable[Device]) -> Visit | None:
    """Who is there now, as the kiosk says; None: nobody."""
    for device in devices:
        if device.kind == SESSION and device.facts.get("in_session") is True:
            return Visit(
                storable_time(device.facts.get("began_at")) if status.clock_trusted else None
            )
    return None


def events(
    kiosk_id: str, *, name: str = "", device: str = "", since: datetime | None = None
) -> QuerySet[DeviceEvent]:
    """What happened at a kiosk, the latest heard first. Raises NotFound."""
    _require(kiosk_id)
    rows = DeviceEvent.objects.filter(kiosk=kiosk_id)
    if name:
        rows = rows.filter(name=name)
    if device:
        rows = rows.filter(device=device)
    return rows.filter(received_at__gte=since) if since is not None else rows


def sessions(kiosk_id: str, *, since: datetime | None = None) -> QuerySet[Session]:
    """A kiosk's visits that began since then, the latest first. Raises NotFound."""
    _require(kiosk_id)
    rows = Session.objects.filter(kiosk=kiosk_id)
    return rows.filter(began_at__gte=since) if since is not None else rows


def _require(kiosk_id: str) -> None:
    if not Kiosk.objects.filter(pk=kiosk_id).exists():
        raise NotFound(f"there is no kiosk {kiosk_id[:63]!r}")
