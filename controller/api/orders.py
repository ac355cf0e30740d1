"""Commands: giving them, and following their life."""

from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Router, Status
from ninja.params.functions import Header, Query

from contract.commands import CATALOGUE, CommandSpec, CommandState
from controller.accounts.scopes import Scope
from controller.api.auth import by, caller, needs
from controller.api.failures import ASKED, TOLD, file_of
from controller.api.pages import Limit, Moment, Offset, page
from controller.api.shapes import CommandItem, CommandPage, Failure, Order, SpecItem
from controller.commands import files, selectors, services
from controller.commands.models import Command
from controller.errors import NotFound
from controller.fleet.models import Kiosk

router = Router(tags=["commands"])
_NAMESPACE = UUID("b3b9c1f0-6f0e-4d43-9d83-0d6c7f6ac7f1")  # of what comes from a key alone
Key = Header(
    None,
    alias="Idempotency-Key",
    min_length=1,
    max_length=200,
    description="the same again, by the same user to the same kiosk, gives the same command",
)


@router.get("/catalogue", response={200: list[SpecItem], ASKED: Failure})
def catalogue(request: HttpRequest) -> list[CommandSpec]:
    """What kiosks can be told to do. `args` is a JSON Schema."""
    return list(CATALOGUE)


@router.post(
    "/kiosks/{kiosk_id}/commands",
    response={202: CommandItem, TOLD: Failure},
    **needs(Scope.ACT, "commands.run_*"),
)
def order(
    request: HttpRequest, kiosk_id: str, wish: Order, key: str | None = Key
) -> Status[Command]:
    """Give a command; follow it at `/api/commands/{id}`."""
    identity = key and uuid5(_NAMESPACE, f"{caller(request).user.pk} {kiosk_id} {key}")
    command = services.order(
        kiosk=Kiosk(pk=kiosk_id),
        name=wish.name,
        args=wish.args,
        why=wish.why,
        expires_in_s=wish.expires_in_s,
        is_forced=wish.is_forced,
        identity=identity or None,
        **by(request),
    )
    return Status(202, selectors.command(command.pk))


@router.get("/kiosks/{kiosk_id}/commands", response={200: CommandPage, ASKED: Failure})
def history(
    request: HttpRequest, kiosk_id: str, limit: int = Limit, offset: int = Offset
) -> dict[str, Any]:
    """A kiosk's commands, the latest first."""
    if not Kiosk.objects.filter(pk=kiosk_id).exists():
        raise NotFound(f"there is no kiosk {kiosk_id[:63]!r}")
    return page(selectors.of_kiosk(kiosk_id), limit, offset)


@router.get("/commands", response={200: CommandPage, ASKED: Failure})
def commands(
    request: HttpRequest,
    name: str = Query("", max_length=64),
    state: CommandState | None = None,
    since: Moment | None = None,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """All commands ordered `since` a time, the latest first."""
    return page(selectors.all_commands(name=name, state=state or "", since=since), limit, offset)


@router.get("/commands/{command_id}", response={200: CommandItem, ASKED: Failure})
def command(request: HttpRequest, command_id: UUID) -> Command:
    """One command and its life so far."""
    return selectors.command(command_id)


@router.get(
    "/commands/{command_id}/file",
    response=dict.fromkeys(TOLD, Failure),
    **needs(Scope.ACT, "commands.run_fetch_logs", responses=file_of("application/octet-stream")),
)
def file(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """What a command fetched, once all of it is there."""
    found = files.file(command_id)
    return HttpResponse(
        found.content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": content_disposition_header(True, found.name) or ""},
    )
