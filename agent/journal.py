"""What this kiosk was told to do and how far it came, on disk before it is done."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from agent.store import Store
from contract.commands import CommandState

#: Finished commands kept to recognise a redelivery: a command lives a week at most, not a year.
KEPT = 500

_JSON = msgspec.json.Encoder()
_COLUMNS = "id, name, args, state, boot_id, began_at, before"
_NOTE = "note-"
_OPEN = (CommandState.ACCEPTED, CommandState.RUNNING)


class Entry(NamedTuple):
    """One command. `before` is the health of each device when it was begun."""

    id: str
    name: str
    args: dict[str, Any]
    state: CommandState
    boot_id: str
    began_at: datetime
    before: dict[str, str]


class Journal:
    """Lives in the outbox's store, so that a state and its outcome are one transaction.

    Every method raises StoreError when there is no working store.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    def find(self, command: str) -> Entry | None:
        """The entry of this command, if it was ever taken."""
        rows = self._store().rows(f"SELECT {_COLUMNS} FROM journal WHERE id = ?", command)  # noqa: S608
        return _entry(rows[0]) if rows else None

    def unfinished(self) -> list[Entry]:
        """What was accepted or begun and has not ended, oldest first."""
        rows = self._store().rows(
            f"SELECT {_COLUMNS} FROM journal WHERE state IN (?, ?) ORDER BY began_at",  # noqa: S608
            *_OPEN,
        )
        return [_entry(row) for row in rows]

    def note(self, command: str, text: str) -> None:
        """Keep what a later life has to know of a command that is under way."""
        store = self._store()
        with store.transaction():
            store.rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", _NOTE + command, text)

    def noted(self, command: str) -> str:
        """What was noted last; empty when nothing was."""
        rows = self._store().rows("SELECT value FROM meta WHERE key = ?", _NOTE + command)
        return str(rows[0][0]) if rows else ""

    def write(self, entry: Entry) -> None:
        """Keep the entry as it now is, and of the finished ones the newest only."""
        store = self._store()
        with store.transaction():
            store.rows(
                "INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(entry.id, entry.name, _JSON.encode(entry.args), entry.state, entry.boot_id),
                *(entry.began_at.timestamp(), _JSON.encode(entry.before)),
            )
            if entry.state.is_final:
                store.rows("DELETE FROM meta WHERE key = ?", _NOTE + entry.id)
                store.rows(
                    "DELETE FROM journal WHERE state NOT IN (?, ?) AND id NOT IN"
                    " (SELECT id FROM journal ORDER BY began_at DESC LIMIT ?)",
                    *(*_OPEN, KEPT),
                )


def _entry(row: tuple[str, str, bytes, str, str, float, bytes]) -> Entry:
    return Entry(
        id=row[0],
        name=row[1],
        args=msgspec.json.decode(row[2]),
        state=CommandState(row[3]),
        boot_id=row[4],
        began_at=datetime.fromtimestamp(row[5], UTC),
        before=msgspec.json.decode(row[6]),
    )
