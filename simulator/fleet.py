"""A whole fleet in one process: one loop, one TLS context, a few threads that dial."""

import logging
import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from agent.loop import Loop
from simulator.clock import Clock
from simulator.errors import IdentityError
from simulator.identity import CA, FleetContext, KioskContext, identity
from simulator.kiosk import Kiosk
from simulator.link import Broker, Link
from simulator.outages import Outages
from simulator.resident import Resident

log = logging.getLogger(__name__)

#: Dialling is a TLS handshake and two waits for the broker: more threads only fight for the CPU.
_DIALLERS = 4
_STATUS_S = 1.0
_GOODBYE_S = 4.0


@dataclass(frozen=True, slots=True)
class Census:
    """How the fleet is, as written to the status file."""

    kiosks: int
    online: int
    connects: int
    failures: int
    pending: int  # messages not yet committed by the controller


class Fleet:
    """Starts its kiosks over `spread_s` seconds and runs them until `stop`."""

    def __init__(
        self,
        kiosks: Sequence[Kiosk],
        pki: Path,
        broker: Broker,
        *,
        clock: Clock,
        loop: Loop,
        status_file: Path | None = None,
        outages: Outages | None = None,
    ) -> None:
        self._broker, self._loop, self._status_file = broker, loop, status_file
        self._outages = outages
        self._context = FleetContext(pki / CA)
        self._proofs = {kiosk.id: identity(pki, kiosk.id) for kiosk in kiosks}
        missing = [name for name, proofs in self._proofs.items() if not proofs.is_complete]
        if missing:
            raise IdentityError(
                f"{len(missing)} kiosks have no certificate in {pki} ({missing[0]} is the first); "
                "run vigie-simulator enrol first"
            )
        self._residents = [Resident(kiosk, loop, clock, self._dial) for kiosk in kiosks]
        self._by_id = {resident.kiosk.id: resident for resident in self._residents}
        self._diallers = ThreadPoolExecutor(_DIALLERS, thread_name_prefix="dial")
        self._connects = self._failures = 0
        self._trouble = ""
        self._written: Census | None = None

    def run(self, spread_s: float = 0.0) -> None:
        """Until `stop`."""
        step_s = spread_s / len(self._residents)
        for number, resident in enumerate(self._residents):
            resident.start(number * step_s)
        self._watch()
        self._loop.run()
        self._diallers.shutdown(cancel_futures=True)
        self._part()

    def stop(self) -> None:
        """Leave `run`, each kiosk saying goodbye."""
        self._loop.stop()

    def census(self) -> Census:
        """How the fleet is now."""
        return Census(
            kiosks=len(self._residents),
            online=sum(resident.is_online for resident in self._residents),
            connects=self._connects,
            failures=self._failures,
            pending=sum(len(resident.outbox) for resident in self._residents),
        )

    def is_known(self, kiosk: str) -> bool:
        """Whether a kiosk is ours. From any thread."""
        return kiosk in self._by_id

    def is_reachable(self, kiosk: str) -> bool:
        """Whether it has a line. From any thread."""
        resident = self._by_id.get(kiosk)
        return resident is not None and resident.has_line

    def updated(self, kiosk: str, broken: Collection[str]) -> None:
        """A release was applied to one of our kiosks. From any thread."""
        self._loop.post(partial(self._by_id[kiosk].updated, frozenset(broken)))

    def _dial(self, resident: Resident) -> None:
        """In a thread: make the link. Its result comes back to the loop."""
        name = resident.kiosk.id
        context = KioskContext(self._context, self._proofs[name])
        link = Link(name, self._broker, context, resident.will())
        self._diallers.submit(self._connect, resident, link)

    def _connect(self, resident: Resident, link: Link) -> None:
        try:
            link.dial()
        except (OSError, IdentityError) as err:
            self._loop.post(partial(self._failed, resident, str(err)))
        else:
            self._loop.post(partial(self._connected, resident, link))

    def _connected(self, resident: Resident, link: Link) -> None:
        self._connects += 1
        if self._trouble:
            log.info("the broker answers again")
            self._trouble = ""
        resident.adopted(link)

    def _failed(self, resident: Resident, cause: str) -> None:
        self._failures += 1
        if cause != self._trouble:
            log.warning("broker %s:%d: %s", self._broker.host, self._broker.port, cause)
            self._trouble = cause
        resident.failed()

    def _watch(self) -> None:
        """Once a second: cut and mend lines, say how many are online when that has changed."""
        if self._outages is not None:
            cut = self._outages.cut(datetime.now(UTC))
            for resident in self._residents:
                resident.cut_line(resident.kiosk.id in cut)
        census = self.census()
        if census != self._written:
            if self._written is None or census.online != self._written.online:
                log.info("%d of %d kiosks online", census.online, census.kiosks)
            self._written = census
            if self._status_file is not None:
                _write(self._status_file, msgspec.json.encode(census))
        self._loop.later(_STATUS_S, self._watch)

    def _part(self) -> None:
        links = [resident.stop() for resident in self._residents]
        until = self._loop.now() + _GOODBYE_S
        while any(link is not None and link.is_open for link in links):
            if self._loop.now() > until:
                break
            self._loop.turn(0.1)


def _write(path: Path, payload: bytes) -> None:
    """Readers see the old file or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(payload + b"\n")
    beside.replace(path)
