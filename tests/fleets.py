"""Builders of a small fleet, for whoever needs one."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from contract.commands import CommandState
from contract.health import Health
from contract.messages import Outcome, Scalar
from controller.fleet.models import Device, HostType, Kiosk, KioskKind, Lifecycle, Site, Status

EPOCH = "00000000000000aa"


def site(code: str = "ambert", **changes: object) -> Site:
    """A town hall in Ambert, unless told otherwise."""
    values: dict[str, object] = {
        "name": "Mairie d'Ambert",
        "host_type": HostType.TOWN_HALL,
        "commune": "Ambert",
        "insee": "63003",
        "department": "63",
    }
    return Site.objects.get_or_create(code=code, defaults=values | changes)[0]


def kiosk(name: str = "pvp-63003-1", **changes: object) -> Kiosk:
    """An active kiosk at the town hall of Ambert, unless told otherwise."""
    values: dict[str, object] = {"kind": KioskKind.PVP, "lifecycle": Lifecycle.ACTIVE}
    if "site" not in changes:
        values["site"] = site()
    return Kiosk.objects.create(id=name, **values | changes)


def status(of: Kiosk, at: datetime, **changes: object) -> Status:
    """An online kiosk, ready for a citizen, unless told otherwise."""
    values: dict[str, object] = {
        "is_online": True,
        "readiness": "ready",
        "presence_since": at,
        "last_heard_at": at,
        "touched_at": at,
    }
    return Status.objects.create(kiosk=of, **values | changes)


def outcome(
    command: UUID | str,
    state: CommandState,
    at: datetime,
    *,
    seq: int = 1,
    reason: str = "",
    result: dict[str, Scalar | list[str]] | None = None,
) -> Outcome:
    """A kiosk's word about a command."""
    return Outcome(
        epoch=EPOCH,
        seq=seq,
        at=at,
        clock_trusted=True,
        boot_id="boot-1",
        command=str(command),
        state=state,
        reason=reason,
        result=result or {},
    )


def story(command: UUID | str, states: Iterable[CommandState], at: datetime) -> list[Outcome]:
    """A kiosk's words about a command, one after the other."""
    return [outcome(command, state, at, seq=seq) for seq, state in enumerate(states, start=1)]


def device(
    of: Kiosk, name: str, at: datetime, health: Health = Health.OK, *reasons: str, **changes: object
) -> Device:
    """A device that works, unless told otherwise; its kind is its name."""
    values: dict[str, object] = {"kind": name, "since": at, "measured_at": at, "epoch": EPOCH}
    return Device.objects.create(
        kiosk=of, device=name, health=health, reasons=list(reasons), seq=1, **values | changes
    )
