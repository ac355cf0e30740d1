"""What the kiosk has to say, kept until the controller has committed it.

It lives on disk. While the disk does not take it, a small spare in memory does, with an epoch of
its own, so that the region still hears, even of the failing disk itself. Order is kept across both:
a spare message remembers the last seq on disk when it was written.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from agent.config import OutboxLimits
from agent.errors import CorruptError, StoreError
from agent.spool import Build, Entry, Rank, Spool
from agent.store import Store
from contract.errors import MessageError

log = logging.getLogger(__name__)

SPARE_BYTES = 2 * 1024 * 1024


class Key(NamedTuple):
    """A message's place."""

    epoch: str
    seq: int


class Outbox:
    """Push to it; read what is pending; tell it what was committed. It never raises StoreError,
    except from `push_on_disk`."""

    def __init__(self, open_disk: Callable[[], Store], limits: OutboxLimits) -> None:
        self._open_disk = open_disk
        self._limits = limits
        self._disk: Spool | None = None
        self._spare: Spool | None = None
        self._trouble: str | None = None
        self._dropped_said = 0
        self._uncommitted: int | None = None  # an ack the disk could not take yet
        self.retry_disk()

    @property
    def is_empty(self) -> bool:
        """Whether the controller has committed all we said."""
        return not self.pending(1)

    @property
    def trouble(self) -> str | None:
        """Why the disk is not in use; None while it is."""
        return self._trouble

    def disk(self) -> Store:
        """The store the journal shares. Raises StoreError when there is none."""
        return self._require().store

    def push(self, build: Build, rank: Rank) -> None:
        """Keep one message: on disk, or else in the spare."""
        try:
            self._push(build, rank)
        except MessageError as err:
            log.error("a message that breaks the contract is not kept: %s", err)

    def push_on_disk(
        self, build: Build, rank: Rank, also: Callable[[], None] | None = None
    ) -> None:
        """Keep one message on disk, and do `also` in the same transaction: both or neither.

        Raises StoreError when the disk does not take it.
        """
        spool = self._require()
        with spool.store.transaction():
            spool.push(build, rank)
            if also is not None:
                also()
        self._say_dropped(spool)

    def pending(self, limit: int) -> list[Key]:
        """The oldest `limit` messages not yet committed, in the order they were pushed."""
        merged: list[tuple[tuple[int, int, int], Key]] = []
        if self._disk is not None:
            try:
                found = self._disk.pending(self._uncommitted or 0, limit)
                epoch = self._disk.epoch
                merged += [((seq, 0, 0), Key(epoch, seq)) for seq, _ in found]
            except StoreError as err:
                self._break(err)
        if self._spare is not None:
            epoch = self._spare.epoch
            spared = self._spare.pending(0, limit)
            merged += [((after, 1, seq), Key(epoch, seq)) for seq, after in spared]
        merged.sort()
        return [key for _, key in merged[:limit]]

    def load(self, key: Key) -> Entry | None:
        """The message, ready to be sent; None when it is no longer kept."""
        for spool in (self._disk, self._spare):
            if spool is not None and spool.epoch == key.epoch:
                try:
                    return spool.load(key.seq)
                except StoreError as err:
                    self._break(err)
        return None

    def committed(self, epoch: str, seq: int) -> None:
        """Forget all of `epoch` up to `seq`. An epoch that is not ours (any more) is no matter."""
        if self._disk is not None and epoch == self._disk.epoch:
            self._commit_disk(self._disk, seq)
        elif self._spare is not None and epoch == self._spare.epoch:
            self._spare.committed(seq)
        self._leave_spare()

    def retry_disk(self) -> bool:
        """Try whether the disk works (again), and say so when that changes."""
        try:
            if self._disk is None:
                self._disk = Spool(self._open_disk(), self._limits.max_bytes)
                if self._spare is not None:
                    self._spare.follow(self._disk.last_seq)
            if self._uncommitted is not None:
                self._disk.committed(self._uncommitted)
            self._disk.store.probe_disk()
        except StoreError as err:
            self._break(err)
            return False
        self._uncommitted = None
        if self._trouble is not None:
            log.warning("the disk works again: the outbox is back on it")
        self._trouble = None
        self._leave_spare()
        return True

    def forget_old(self, now: datetime) -> None:
        """Drop numbers older than the limit. Call it only with a clock you trust."""
        if self._disk is not None and self._trouble is None:
            try:
                self._disk.forget_routine(now - timedelta(hours=self._limits.max_age_h))
            except StoreError as err:
                self._break(err)

    def close(self) -> None:
        """Give the files back."""
        for spool in (self._disk, self._spare):
            if spool is not None:
                spool.store.close()

    def _push(self, build: Build, rank: Rank) -> None:
        if self._trouble is None:
            try:
                self.push_on_disk(build, rank)
                return
            except StoreError as err:
                self._break(err)
        self._spare = self._spare or Spool(Store(None), SPARE_BYTES)
        self._spare.push(build, rank, after=self._last_on_disk())

    def _last_on_disk(self) -> int:
        try:
            return self._disk.last_seq if self._disk else 0
        except StoreError:
            return 0

    def _commit_disk(self, disk: Spool, seq: int) -> None:
        try:
            if seq > disk.last_seq:
                # The controller knows messages we do not: this disk was restored or cloned.
                log.error("the disk is older than what was sent from it: a new epoch begins")
                disk.renew()
                return
            disk.committed(seq)
        except StoreError as err:
            # Nothing is lost by remembering it: after a restart the controller hears it twice.
            self._uncommitted = max(seq, self._uncommitted or 0)
            self._break(err)

    def _leave_spare(self) -> None:
        if self._spare is not None and self._trouble is None and self._spare.is_empty:
            self._spare.store.close()
            self._spare = None

    def _break(self, err: StoreError) -> None:
        if self._trouble is None:
            log.error("%s; until the disk works again, messages are kept in memory", err)
        self._trouble = str(err)
        if isinstance(err, CorruptError) and self._disk is not None:
            self._disk.store.close()
            self._disk = None  # opening it again sets the file aside

    def _say_dropped(self, spool: Spool) -> None:
        dropped = spool.dropped
        if dropped and not self._dropped_said:
            log.warning("the outbox is full: %d messages were dropped, the oldest first", dropped)
        self._dropped_said = dropped

    def _require(self) -> Spool:
        if self._disk is None:
            raise StoreError(self._trouble or "the disk was never opened")
        return self._disk
