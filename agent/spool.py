"""One durable queue: numbered 1, 2, 3, ..., bounded, kept until committed at the other end."""

import os
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

import msgspec

from agent.store import Store
from contract.errors import MessageError
from contract.messages import Outcome, Report, decode, encode
from contract.topics import Channel

#: Makes the message, knowing the epoch and the seq it will carry.
Build = Callable[[str, int], Report | Outcome]


class Rank(IntEnum):
    """What goes first when the queue is full: the lowest rank, and of it the oldest."""

    ROUTINE = 0  # numbers only, or how far a command is: nothing changed
    CHANGE = 1
    OUTCOME = 2


class Entry(NamedTuple):
    """A message ready to be sent. `floor` is the lowest seq of its epoch that is still kept."""

    epoch: str
    seq: int
    floor: int
    channel: Channel
    payload: bytes


class Summary(NamedTuple):
    """What a spool holds. `oldest` is as that message says, whatever its clock was."""

    epoch: str
    pending: dict[str, int]
    oldest: datetime | None
    size_bytes: int
    dropped: int


class Spool:
    """The queue in one store. Every method raises StoreError when the store fails."""

    def __init__(self, store: Store, max_bytes: int) -> None:
        self.store = store
        self._max_bytes = max_bytes

    @property
    def epoch(self) -> str:
        """The birth of this queue: 16 hexadecimal digits."""
        return self.store.epoch

    @property
    def last_seq(self) -> int:
        """The highest seq ever given, 0 before the first."""
        found = self.store.rows("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        return int(found[0][0]) if found else 0

    @property
    def floor(self) -> int:
        """The lowest seq that may still be sent."""
        lowest = self.store.rows("SELECT min(seq) FROM outbox")[0][0]
        return int(lowest) if lowest else self.last_seq + 1

    @property
    def dropped(self) -> int:
        """How many messages did not fit, since the epoch began."""
        return int(self.store.meta("dropped"))

    @property
    def is_empty(self) -> bool:
        """Whether all was committed."""
        return not self.store.rows("SELECT 1 FROM outbox LIMIT 1")

    def push(self, build: Build, rank: Rank, after: int = 0) -> int:
        """Keep one message and answer its seq; what does not fit any more is dropped.

        `after` is the seq of another spool that this message follows (see `outbox`). Raises
        MessageError, and uses no seq, when the message breaks the contract.
        """
        with self.store.transaction():
            seq = self.last_seq + 1
            message = build(self.epoch, seq)
            channel = Channel.OUTCOME if isinstance(message, Outcome) else Channel.REPORT
            payload = encode(message)
            decode(channel, payload)  # what the other end would refuse would never be committed
            # A time told by a clock nobody trusts is no reason to forget a message later.
            at = message.at.timestamp() if message.clock_trusted else None
            self.store.rows(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)",
                *(seq, channel, rank, after, at, payload),
            )
            self._shrink()
            return seq

    def pending(self, after_seq: int, limit: int) -> list[tuple[int, int]]:
        """Up to `limit` messages above `after_seq` in order, each as its (seq, after)."""
        return self.store.rows(
            "SELECT seq, after FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", after_seq, limit
        )

    def load(self, seq: int) -> Entry | None:
        """The message ready to be sent; None when it is gone, or spoilt (then it is dropped)."""
        rows = self.store.rows("SELECT channel, payload FROM outbox WHERE seq = ?", seq)
        if not rows:
            return None
        channel, floor = Channel(rows[0][0]), self.floor
        try:
            message = decode(channel, rows[0][1])
        except MessageError:
            self._drop([seq])
            return None
        addressed = msgspec.structs.replace(message, epoch=self.epoch, seq=seq, floor=floor)
        return Entry(self.epoch, seq, floor, channel, encode(addressed))

    def committed(self, seq: int) -> None:
        """Forget all up to `seq`: the controller has it."""
        with self.store.transaction():
            self.store.rows("DELETE FROM outbox WHERE seq <= ?", seq)

    def forget_routine(self, before: datetime) -> None:
        """Drop what only carries numbers and is older than `before`."""
        old = self.store.rows(
            "SELECT seq FROM outbox WHERE rank = ? AND at < ?", Rank.ROUTINE, before.timestamp()
        )
        if old:
            self._drop([seq for (seq,) in old])

    def follow(self, after: int) -> None:
        """Let all that is kept here come after seq `after` of another spool."""
        self.store.rows("UPDATE outbox SET after = max(after, ?)", after)

    def renew(self) -> None:
        """Begin a new epoch: what is kept is numbered from 1 again."""
        epoch = os.urandom(8).hex()
        with self.store.transaction():
            shift = self.floor - 1
            self.store.rows("UPDATE outbox SET seq = seq - ?", shift)
            self.store.rows("UPDATE sqlite_sequence SET seq = seq - ? WHERE name = 'outbox'", shift)
            self.store.rows("UPDATE meta SET value = ? WHERE key = 'epoch'", epoch)
        self.store.epoch = epoch

    def summary(self) -> Summary:
        """What is kept, in numbers."""
        counts = self.store.rows("SELECT channel, count(*) FROM outbox GROUP BY channel")
        first = self.store.rows("SELECT channel, payload FROM outbox ORDER BY seq LIMIT 1")
        message = decode(Channel(first[0][0]), first[0][1]) if first else None
        oldest = message.at if isinstance(message, Report | Outcome) else None
        size = int(self.store.meta("bytes"))
        return Summary(self.epoch, dict(counts), oldest, size, self.dropped)

    def _shrink(self) -> None:
        for rank in Rank:
            while (excess := int(self.store.meta("bytes")) - self._max_bytes) > 0:
                rows = self.store.rows(
                    "SELECT seq, length(payload) FROM outbox WHERE rank = ? ORDER BY seq LIMIT 64",
                    rank,
                )
                if not rows:
                    break
                self._drop(_fewest(rows, excess))

    def _drop(self, seqs: list[int]) -> None:
        with self.store.transaction():
            for seq in seqs:
                self.store.rows("DELETE FROM outbox WHERE seq = ?", seq)
            self.store.rows("UPDATE meta SET value = value + ? WHERE key = 'dropped'", len(seqs))


def _fewest(rows: list[tuple[int, int]], excess: int) -> list[int]:
    """The first of (seq, size) rows that together free `excess` bytes, or all."""
    chosen: list[int] = []
    for seq, size in rows:
        if excess <= 0:
            break
        chosen.append(seq)
        excess -= size
    return chosen
