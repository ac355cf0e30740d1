"""From arrivals to acknowledgements: decode, commit, answer; outlast a database that is away."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection

from contract import messages, topics
from contract.messages import Ack
from contract.topics import Channel
from controller.ingest import arrivals
from controller.ingest.arrivals import Heard, Unreadable
from controller.ingest.reader import Arrival
from controller.ingest.store import Store

log = logging.getLogger("vigie.ingest")

_RETRY_S = 1.0


class Ingest:
    """Commits what arrives; never gives up a message that the database has not taken."""

    def __init__(
        self, store: Store, wait: Callable[[float], bool], clock: Callable[[], datetime]
    ) -> None:
        """`wait(seconds)` keeps the session alive and says whether to go on."""
        self._store = store
        self._wait = wait
        self._clock = clock
        self._is_away = False

    def commit(self, batch: list[Arrival]) -> list[tuple[str, bytes]]:
        """Store a batch, however long it takes; give the acks to publish.

        Raises Abandoned when told to stop first: the broker still holds the batch.
        """
        heard, broken = arrivals.read(batch)
        while True:
            try:
                acks = self._store_whole_or_singly(heard, broken)
            except (OperationalError, InterfaceError, OSError) as err:
                self._say_away(err)
                connection.close()
                if not self._wait(_RETRY_S):
                    raise Abandoned from err
            else:
                self._say_back()
                return [_answer(kiosk, ack) for kiosk, ack in acks]

    def _store_whole_or_singly(
        self, heard: list[Heard], broken: list[Unreadable]
    ) -> list[tuple[str, Ack]]:
        """One bad message must not hold up the others: find it, and set it aside."""
        now = self._clock()
        try:
            return self._store.commit(heard, broken, now)
        except (OperationalError, InterfaceError):
            raise  # the database's fault, not a message's
        except Exception as err:
            if len(heard) <= 1:
                return self._set_aside(heard, broken, err)
        acks = self._store.commit([], broken, now)
        for item in heard:
            acks += self._store_whole_or_singly([item], [])
        return acks

    def _set_aside(
        self, heard: list[Heard], broken: list[Unreadable], err: Exception
    ) -> list[tuple[str, Ack]]:
        log.warning("a message of %s cannot be stored: %s", [item.kiosk for item in heard], err)
        refused = [arrivals.refuse(item, str(err)) for item in heard]
        return self._store.commit([], [*broken, *refused], self._clock())

    def _say_away(self, err: Exception) -> None:
        if not self._is_away:
            log.error("the database does not take what comes: %s; holding it, trying on", err)
        self._is_away = True

    def _say_back(self) -> None:
        if self._is_away:
            log.warning("the database takes what comes again")
        self._is_away = False


class Abandoned(Exception):  # noqa: N818 - not an error: the broker keeps the batch
    """Told to stop before the database took the batch."""


def _answer(kiosk: str, ack: Ack) -> tuple[str, bytes]:
    return topics.build(kiosk, Channel.ACK), messages.encode(ack)
