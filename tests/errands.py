"""An agent reduced to its commands: real loop, real disk, real probes; no broker, no hot-plug."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from agent.board import Board
from agent.clock import Clock
from agent.commands import Work, rare
from agent.commands.errand import ask
from agent.commands.scene import Scene, Watcher
from agent.config import Config, OutboxLimits, Peripheral
from agent.journal import Journal
from agent.loop import Loop
from agent.orders import Orders
from agent.outbox import Outbox
from agent.probe import Context, Probe
from agent.scheduler import Result, Scheduler
from agent.store import open_store
from agent.voice import Voice
from contract.health import DeviceState
from contract.messages import Command, Outcome, decode, encode
from tests.agents import BOOT, WAIT_S
from tests.agents import config as kiosk_config

T = TypeVar("T")
Made = Callable[[Scene], Work]


class Floor:
    """One life of it on `folder`. `works` replace commands whose means a test chooses itself."""

    def __init__(
        self,
        folder: Path,
        *items: Peripheral,
        probes: tuple[Callable[[Config], Probe], ...] = (),
        works: Mapping[str, Made] | None = None,
        told: Config | None = None,
    ) -> None:
        self.config = replace(told or kiosk_config(folder), peripherals=items)
        self.config.state_dir.mkdir(parents=True, exist_ok=True)
        self.loop, self.board = Loop(), Board(frozenset(), hold_s=0.0)
        self.works = dict(works or {})
        self._watchers: list[Watcher] = []
        self.restarts = 0
        self._is_cut_off = self._is_closed = False
        made = tuple(probe(self.config) for probe in probes)
        self._scheduler = Scheduler(made, lambda: Context(self.config, BOOT, None), self._deliver)
        self._thread = threading.Thread(target=self.loop.run, daemon=True)
        self._thread.start()
        ask(self.loop, self._begin)

    def order(self, name: str, **args: Any) -> str:
        """Give an order; its id."""
        number, now = str(uuid.uuid4()), Clock().utc()
        command = Command(
            id=number, name=name, args=args, issued_at=now, expires_at=now + timedelta(hours=1)
        )
        ask(self.loop, lambda: self.orders.receive(encode(command), 600))
        return number

    def outcomes(self, number: str) -> list[Outcome]:
        """All that was said of an order so far."""
        return ask(self.loop, lambda: self._said(number))

    def wait(self, number: str, met: Callable[[Outcome], bool]) -> Outcome:
        """The first outcome that is as wanted."""
        limit = time.monotonic() + 4 * WAIT_S
        while time.monotonic() < limit:
            found = next((one for one in self.outcomes(number) if met(one)), None)
            if found is not None:
                return found
            time.sleep(0.05)
        raise AssertionError(f"only heard {self.outcomes(number)}")

    def end(self, number: str) -> Outcome:
        """How an order ended."""
        return self.wait(number, lambda one: one.state.is_final)

    def run(self, name: str, **args: Any) -> Outcome:
        """Give an order, and see it to its end."""
        return self.end(self.order(name, **args))

    def measure(self) -> dict[str, DeviceState]:
        """Every device once each probe has run anew."""
        names = {name for name in self._scheduler.names if name != "agent"}
        seen: set[str] = set()
        self._watchers.append(lambda result: seen.add(result.probe))
        for name in names:
            ask(self.loop, lambda name=name: self._look(name))  # type: ignore[misc]
        limit = time.monotonic() + WAIT_S
        while not names <= seen:
            assert time.monotonic() < limit, f"no result of {names - seen}"
            time.sleep(0.05)
        return {one.id: one for one in ask(self.loop, self.board.devices)}

    def cut_off(self) -> None:
        """Nothing more is written or heard of this life: as kill -9, to all that outlives it."""
        if not self._is_cut_off:
            self._is_cut_off = True
            ask(self.loop, self._stop)

    def close(self) -> None:
        """End this life."""
        self.cut_off()
        if not self._is_closed:
            self._is_closed = True
            self._close()

    def _stop(self) -> None:
        self.outbox.close()
        self.loop.stop()

    def _close(self) -> None:
        self._scheduler.stop()
        self._thread.join(WAIT_S)
        self.loop.close()

    def _begin(self) -> None:
        self.outbox = Outbox(lambda: open_store(self.config.state_dir / "agent.db"), OutboxLimits())
        clock = Clock()
        self.scene = Scene(
            config=self.config,
            loop=self.loop,
            clock=clock,
            devices=self.board.devices,
            look=self._look,
            watchers=self._watchers,
            is_heard=lambda: True,
            restart_agent=self._restart,
            reconnect=lambda away: away(),
            is_connected=lambda: True,
        )
        self.orders = Orders(
            self.outbox,
            Journal(self.outbox.disk),
            Voice(self.config, clock, BOOT),
            clock,
            self.board.devices,
            lambda: None,
            self._rare,
        )
        self.orders.reconcile()

    def _rare(self, name: str) -> Work | None:
        made = self.works.get(name)
        return made(self.scene) if made is not None else rare(name, lambda: self.scene)

    def _restart(self) -> None:
        self.restarts += 1

    def _said(self, number: str) -> list[Outcome]:
        entries = (self.outbox.load(key) for key in self.outbox.pending(10_000))
        said = (decode(entry.channel, entry.payload) for entry in entries if entry)
        return [one for one in said if isinstance(one, Outcome) and one.command == number]

    def _look(self, name: str) -> None:
        self._scheduler.closely(name)
        self._tick()

    def _tick(self) -> None:
        self._scheduler.tick(self.loop.now())
        self.loop.later(self._scheduler.due(self.loop.now()) + 0.01, self._tick)

    def _deliver(self, result: Result) -> None:
        self.loop.post(lambda: self._apply(result))

    def _apply(self, result: Result) -> None:
        for watch in tuple(self._watchers):
            watch(result)
        self.board.apply(result, self.loop.now())
