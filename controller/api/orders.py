"""Commands: giving them, and following their life."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from ninja.responses import codes_4xx

from controller.api.auth import caller
from controller.api.fleet import Limit, Offset
from controller.api.shapes import CommandItem, CommandPage, Failure, Order
from controller.commands import selectors, services
from controller.commands.models import Command
from controller.errors import NotFound
from controller.fleet.models import Kiosk

router = Router(tags=["commands"])


@router.post("/kiosks/{kiosk_id}/commands", response={202: CommandItem, codes_4xx: Failure})
def order(request: HttpRequest, kiosk_id: str, wish: Order) -> Status[Command]:
    """Give a command; follow it at `/api/commands/{id}`."""
    command = services.order(
        kiosk=Kiosk(pk=kiosk_id),
        name=wish.name,
        args=wish.args,
        user=caller(request),
        why=wish.why,
        address=str(request.META.get("REMOTE_ADDR", "")),
        expires_in_s=wish.expires_in_s,
        is_forced=wish.is_forced,
    )
    return Status(202, selectors.command(command.pk))


@router.get("/kiosks/{kiosk_id}/commands", response={200: CommandPage, codes_4xx: Failure})
def history(
    request: HttpRequest, kiosk_id: str, limit: int = Limit, offset: int = Offset
) -> dict[str, Any]:
    """A kiosk's commands, the latest first."""
    if not Kiosk.objects.filter(pk=kiosk_id).exists():
        raise NotFound(f"there is no kiosk {kiosk_id[:63]!r}")
    found = selectors.of_kiosk(kiosk_id)
    return {"count": found.count(), "items": list(found[offset : offset + limit])}


@router.get("/commands/{command_id}", response={200: CommandItem, codes_4xx: Failure})
def command(request: HttpRequest, command_id: UUID) -> Command:
    """One command and its life so far."""
    return selectors.command(command_id)
