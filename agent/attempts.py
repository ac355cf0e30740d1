"""What was tried on which peripheral, on disk before it is done: it outlives agent and machine."""

from collections.abc import Callable

from msgspec import Struct

from agent.recovery import HUMAN, Attempt, AttemptState, Moment, spent
from agent.store import Store

_COLUMNS = "id, device, rung, aim, state, life, boot_id, uptime_s, utc_s, is_open"


class Entry(Struct, frozen=True):
    """One attempt as it is kept.

    `aim`: what it was done to, such as a USB port. `life`: the start of the machine that it was
    begun in, as the power port names it.
    """

    number: int
    attempt: Attempt
    aim: str
    life: str


class Attempts:
    """Lives in the outbox's store, so that an attempt and the word of it are one transaction.

    Every method raises StoreError when there is no working store.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    def entries(self) -> tuple[Entry, ...]:
        """All there are, oldest first."""
        rows = self._store().rows(f"SELECT {_COLUMNS} FROM attempts ORDER BY id")  # noqa: S608
        return tuple(
            Entry(
                row[0],
                Attempt(
                    row[1],
                    row[2],
                    Moment(row[6], row[7], row[8]),
                    AttemptState(row[4]),
                    is_open=bool(row[9]),
                ),
                row[3],
                row[5],
            )
            for row in rows
        )

    def history(self) -> tuple[Attempt, ...]:
        """What `agent.recovery.next_step` wants to know."""
        return tuple(entry.attempt for entry in self.entries())

    def begin(self, device: str, rung: str, aim: str, life: str, now: Moment) -> Entry:
        """Keep the intent; what is a day old and ended is forgotten."""
        attempt = Attempt(device, rung, now, AttemptState.BEGUN)
        store = self._store()
        with store.transaction():
            old = ((each.number, each.attempt) for each in self.entries())
            for number in spent(old, now):
                store.rows("DELETE FROM attempts WHERE id = ?", number)
            number = self._insert(attempt, aim, life)
        return Entry(number, attempt, aim, life)

    def finish(self, entry: Entry, *, worked: bool) -> None:
        """Keep how it ended; where it worked, the peripheral is well again."""
        state = AttemptState.WORKED if worked else AttemptState.FAILED
        store = self._store()
        with store.transaction():
            store.rows("UPDATE attempts SET state = ? WHERE id = ?", state, entry.number)
            if worked:
                self.close(entry.attempt.device)

    def give_up(self, device: str, life: str, now: Moment) -> None:
        """Keep that a human was asked to come."""
        self._insert(Attempt(device, HUMAN, now, AttemptState.FAILED), "", life)

    def close(self, device: str) -> None:
        """The peripheral is well: the next time it fails, the ladder begins anew."""
        self._store().rows(
            "UPDATE attempts SET is_open = 0 WHERE device = ? AND state != ?",
            *(device, AttemptState.BEGUN),
        )

    def date(self, utc_s: float) -> None:
        """The clock is to be believed now: what has no date yet was no later than this."""
        self._store().rows(
            "UPDATE attempts SET utc_s = ? WHERE utc_s IS NULL OR utc_s > ?", utc_s, utc_s
        )

    def _insert(self, attempt: Attempt, aim: str, life: str) -> int:
        store = self._store()
        store.rows(
            "INSERT INTO attempts (device, rung, aim, state, life, boot_id, uptime_s, utc_s,"
            " is_open) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
            *(attempt.device, attempt.rung, aim, attempt.state, life),
            *(attempt.at.boot_id, attempt.at.uptime_s, attempt.at.utc_s),
        )
        return int(store.rows("SELECT last_insert_rowid()")[0][0])
