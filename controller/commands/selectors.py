"""Commands, as read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from contract.commands import CommandState
from controller.commands.models import Command
from controller.errors import NotFound
from controller.fleet.models import Status


def history(kiosk_id: str, limit: int = 20) -> list[Command]:
    """A kiosk's commands, the latest first, each with its events, orderer: three queries."""
    return list(of_kiosk(kiosk_id)[:limit])


def of_kiosk(kiosk_id: str) -> QuerySet[Command]:
    """The same, to be cut into pages."""
    return _told().filter(kiosk_id=kiosk_id)


def all_commands(
    *, name: str = "", state: str = "", since: datetime | None = None
) -> QuerySet[Command]:
    """Everybody's, ordered since then, the latest first."""
    found = _told()
    if name:
        found = found.filter(name=name)
    if state:
        found = found.filter(state=state)
    return found.filter(issued_at__gte=since) if since is not None else found


def command(command_id: UUID) -> Command:
    """One command with its events. Raises NotFound."""
    try:
        return _told().get(pk=command_id)
    except Command.DoesNotExist as err:
        raise NotFound(f"no command {command_id}") from err


def waits_for_kiosk(command: Command) -> bool:
    """Whether it waits, until it expires, for a kiosk that is not connected."""
    if command.state not in (CommandState.QUEUED, CommandState.SENT):
        return False
    return not Status.objects.filter(kiosk=command.kiosk_id, is_online=True).exists()


def to_send(now: datetime, limit: int = 500) -> Sequence[Command]:
    """What waits to be sent and has not expired, oldest first."""
    return list(
        Command.objects.filter(state=CommandState.QUEUED, expires_at__gt=now).order_by("issued_at")[
            :limit
        ]
    )


def _told() -> QuerySet[Command]:
    return Command.objects.select_related("by").prefetch_related("events")
