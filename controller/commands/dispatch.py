"""A turn of the worker: mark what the broker has, send what waits, end what is overdue."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from controller.commands import selectors, services
from controller.commands.courier import Receipt
from controller.commands.models import Command

_log = logging.getLogger("vigie.worker")

#: Sent again this long after the broker said that it could not keep a command.
RETRY_AFTER = timedelta(seconds=2)
_EXPIRE_EVERY = timedelta(seconds=1)


class Carrier(Protocol):
    """Takes commands to the broker; see courier.Courier."""

    @property
    def is_connected(self) -> bool: ...

    @property
    def under_way(self) -> Collection[UUID]: ...

    def send(self, command: Command, now: datetime) -> None: ...

    def receipts(self) -> Iterable[Receipt]: ...


class Dispatch:
    """Sends each command at least once; its id keeps the kiosk from doing it twice.

    A command is marked sent only when the broker said that it has it: a worker that ends before has
    sent it in vain or twice, never lost it.
    """

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._held: dict[UUID, datetime] = {}  # until when, those that the broker could not keep
        self._expire_at: datetime | None = None

    def turn(self, now: datetime) -> None:
        """One turn. Raises django.db.Error: what it had not marked is sent again later."""
        self._mark(now)
        if self._carrier.is_connected:
            self._send(now)
        if self._expire_at is None or now >= self._expire_at:
            self._expire_at = now + _EXPIRE_EVERY
            if count := services.expire_overdue(now):
                _log.info("%d commands ended unheard", count)

    def _mark(self, now: datetime) -> None:
        received = []
        for receipt in self._carrier.receipts():
            if receipt.problem:
                self._hold(receipt, now)
            else:
                self._held.pop(receipt.command, None)
                received.append(receipt.command)
        if received:
            services.mark_sent(received, now)

    def _hold(self, receipt: Receipt, now: datetime) -> None:
        if receipt.command not in self._held:
            _log.warning(
                "command %s waits: the broker says %s; trying until it expires",
                receipt.command,
                receipt.problem,
            )
        self._held[receipt.command] = now + RETRY_AFTER

    def _send(self, now: datetime) -> None:
        under_way = self._carrier.under_way
        waiting = selectors.to_send(now)
        for command in waiting:
            if command.pk not in under_way and self._held.get(command.pk, now) <= now:
                self._carrier.send(command, now)
        ids = {command.pk for command in waiting}
        self._held = {pk: until for pk, until in self._held.items() if pk in ids}
