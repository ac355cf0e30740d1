"""What a simulated kiosk has said and the controller has not yet committed. In memory."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from contract.messages import Ack, Outcome, Report

#: What is kept until committed.
Said = Report | Outcome
#: What one kiosk keeps; a fleet of 2,000 without a controller must not eat the machine.
LIMIT = 200
#: A broker's PUBACK proves nothing: what the controller has not committed by then is said again.
RESEND_S = 60.0


@dataclass(slots=True)
class _Entry:
    message: Said
    sent_at: float | None = None  # None: not since the last connection
    mid: int | None = None  # while the MQTT client still owns it


class Outbox:
    """Numbers durable messages 1, 2, 3, ... and keeps each until it is committed."""

    def __init__(self, epoch: str | None = None, limit: int = LIMIT) -> None:
        self.epoch = epoch or secrets.token_hex(8)
        self._limit = limit
        self._next = 1
        self._entries: dict[int, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def push(self, make: Callable[[str, int], Said]) -> None:
        """Keep what `make(epoch, seq)` builds."""
        seq = self._next
        self._next += 1
        self._entries[seq] = _Entry(make(self.epoch, seq))
        if len(self._entries) > self._limit:
            del self._entries[self._least()]

    def due(self, now: float) -> list[Said]:
        """What must be said now, in order, with the present floor."""
        floor = min(self._entries, default=self._next)
        return [
            msgspec.structs.replace(entry.message, floor=floor)
            for entry in self._entries.values()
            if entry.mid is None and (entry.sent_at is None or now - entry.sent_at >= RESEND_S)
        ]

    def sent(self, seq: int, mid: int, now: float) -> None:
        """The MQTT client has taken message `seq` as its `mid`."""
        entry = self._entries[seq]
        entry.mid, entry.sent_at = mid, now

    def reached(self, mid: int) -> None:
        """The broker has `mid`."""
        for entry in self._entries.values():
            if entry.mid == mid:
                entry.mid = None
                return

    def reconnected(self) -> None:
        """The MQTT client is a new one: say again at once all that is not committed."""
        for entry in self._entries.values():
            entry.sent_at = entry.mid = None

    def committed(self, ack: Ack) -> None:
        """Forget what the controller has committed. Another epoch's ack changes nothing."""
        if ack.epoch != self.epoch:
            return
        for seq in [seq for seq in self._entries if seq <= ack.seq]:
            del self._entries[seq]

    def _least(self) -> int:
        """The oldest report; the oldest outcome only when there is nothing else."""
        reports = (
            seq for seq, entry in self._entries.items() if not isinstance(entry.message, Outcome)
        )
        return next(reports, next(iter(self._entries)))
