"""Files that commands fetch: their pieces as they come, and the whole once all are there."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Sum
from django.db.models.functions import Length

from contract.messages import Message, Outcome, Piece
from controller.commands.models import Command, CommandPiece
from controller.errors import NotFound, Refused
from controller.text import printable


@dataclass(frozen=True, slots=True)
class Arrival:
    """How much of a file is there."""

    there: int
    count: int
    size_bytes: int

    @property
    def is_whole(self) -> bool:
        """Whether every piece is."""
        return self.there == self.count


@dataclass(frozen=True, slots=True)
class File:
    """A whole file, as the kiosk meant it."""

    name: str
    content: bytes


def carries_piece(message: Message) -> bool:
    """Whether it brings a part of a file."""
    return isinstance(message, Outcome) and isinstance(message.piece, Piece)


def keep(pieces: Sequence[tuple[UUID, object]]) -> None:
    """Store pieces by their command, each once. One statement, in the caller's transaction."""
    rows = [
        CommandPiece(command_id=command, index=piece.index, count=piece.count, data=piece.data)
        for command, piece in pieces
        if isinstance(piece, Piece) and piece.index < piece.count
    ]
    if rows:
        CommandPiece.objects.bulk_create(rows, ignore_conflicts=True)


def arrival(command_id: UUID) -> Arrival | None:
    """How far a command's file is; None where none was begun."""
    found = CommandPiece.objects.filter(command=command_id).aggregate(
        there=Count("id"), count=Max("count"), size=Sum(Length("data"))
    )
    if not found["there"]:
        return None
    return Arrival(found["there"], found["count"], found["size"])


def file(command_id: UUID) -> File:
    """The whole file, held against what the kiosk said of it.

    Raises NotFound where there is none, and Refused while pieces are missing or when it is not
    what the kiosk sent.
    """
    command = Command.objects.filter(pk=command_id).first()
    pieces = list(CommandPiece.objects.filter(command=command_id).order_by("index"))
    if command is None or not pieces:
        raise NotFound(f"command {command_id} has fetched no file")
    count = max(piece.count for piece in pieces)
    if len(pieces) < count:
        raise Refused(f"{len(pieces)} of {count} pieces are there: wait for the others")
    content = b"".join(bytes(piece.data) for piece in pieces)
    said = command.result.get("sha256")
    if said is not None and said != hashlib.sha256(content).hexdigest():
        raise Refused("the file is not what the kiosk sent (SHA-256 differs): fetch it again")
    return File(_name(command), content)


def forget(before: datetime) -> int:
    """Delete the pieces of commands ordered before; how many."""
    return CommandPiece.objects.filter(command__issued_at__lt=before).delete()[0]


def _name(command: Command) -> str:
    """As the kiosk says, without anything that a disk would take for a place."""
    said = str(command.result.get("file", "")) or f"{command.kiosk_id}-{command.name}"
    return printable(said).replace("/", "_").replace("\\", "_").lstrip(".")[:100]
