"""The agent put together: probes to outbox to broker, commands back. The composition root."""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from agent import lean
from agent.board import Board, Change
from agent.clock import Clock
from agent.config import Config
from agent.courier import Courier
from agent.errors import StoreError
from agent.foresight import Foresight
from agent.hotplug import Hotplug
from agent.journal import Journal
from agent.kinds import KINDS
from agent.link import Link, Listener
from agent.loop import Loop, Timer
from agent.outbox import Outbox
from agent.pace import Pace
from agent.power import Power, power
from agent.probe import Context, Probe
from agent.probes import newcomer
from agent.scheduler import Result, Scheduler
from agent.spool import Build, Rank
from agent.stocktaking import Stocktaking
from agent.store import hold, open_store
from agent.systemd import Systemd
from agent.voice import Voice
from agent.warden import Warden
from contract.errors import MessageError
from contract.health import is_in_session
from contract.messages import Ack, Event, decode
from contract.topics import Channel

if TYPE_CHECKING:
    from agent.commands.scene import Scene, Watcher
    from agent.duties import Duties
    from agent.ladder import Ladder
    from agent.sessions import Sessions

log = logging.getLogger(__name__)


class Kiosk:
    """One running agent. Build it, `run` it, `close` it."""

    def __init__(
        self,
        config: Config,
        probes: Sequence[Probe],
        systemd: Systemd,
        pace: Pace | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._config, self._systemd, self._clock = config, systemd, clock or Clock()
        self._pace = pace = pace or Pace()
        self._lock = hold(config.state_dir)
        self.is_restarting = self.is_dark = False  # to run anew; as a machine that was switched off
        self.loop = Loop()
        self.outbox = Outbox(lambda: open_store(config.state_dir / "agent.db"), config.outbox)
        self._power: Power = power(config, self._restart)
        self.voice = Voice(config, self._clock, self._power.boot_id())
        self.board = Board(config.required)
        listener = Listener(self._connected, self._heard)
        self.link = Link(config.broker, config.kiosk, self.loop, self.voice.presence, listener)
        self._courier = Courier(self.outbox, self.link.publish, self.loop.now, pace.resend_s)
        self._sessions = self._make_sessions(probes)
        self._watchers: list[Watcher] = []  # commands that wait for a measurement
        self._duties: Duties | None = None
        self._scheduler = Scheduler(probes, self._context, self._deliver)
        self._ladder = self._make_ladder()
        self._foresight = Foresight(config, self._clock, self._make_scene)
        self._warden = Warden(config, self._clock)
        self._hotplug = Hotplug()
        self._stock = Stocktaking(config, self.loop, self.voice, self.link, self.board.devices)
        self._unheard = set(self._scheduler.names)
        self._on_settled: list[Callable[[], None]] = []
        self._is_settled = self._is_stopping = False
        # Missing a keepalive by half of it makes the broker hang up (MQTT 5.0, 3.1.2.10).
        keepalive_s = config.broker.keepalive_s / 4
        self._beat_s = min(pace.beat_s, keepalive_s, systemd.watchdog_s or pace.beat_s)
        self._probe_timer: Timer | None = None
        self._board_timer: Timer | None = None

    def run(self) -> None:
        """Until a signal, or a simulated restart."""
        loop = self.loop
        loop.on_terminate(lambda: self.stop("stopping"))
        loop.watch(self._hotplug.fileno(), self._replug)
        self._foresight.begin()
        self._take_up()
        if self._ladder is not None:
            self._ladder.resume()
        self._probe()
        self._beat()
        loop.later(self._pace.settle_s, self._settle)
        loop.later(self._pace.full_report_s, self._hourly)
        self._stock.begin()
        self.link.open()
        self._systemd.ready()
        log.info("kiosk %s watches %s", self._config.kiosk, ", ".join(sorted(self._unheard)))
        loop.run()

    def stop(self, reason: str) -> None:
        """Say goodbye, then leave `run`."""
        if not self._is_stopping:
            self._is_stopping = True
            self._systemd.stopping()
            self.link.close(reason, self.loop.stop)

    def close(self) -> None:
        """Give files and descriptors back."""
        self._scheduler.stop()
        self._hotplug.close()
        self.outbox.close()
        self.loop.close()
        if self._lock is not None:
            os.close(self._lock)

    def _make_sessions(self, probes: Sequence[Probe]) -> "Sessions | None":
        """None on a kiosk that cannot tell when somebody is there: it pays nothing for it."""
        if not any(probe.name == "session" for probe in probes):
            return None
        from agent.sessions import Sessions

        return Sessions(self.outbox, self._of_events)

    def _duty(self) -> "Duties":
        if self._duties is None:
            from agent.duties import Duties  # of a kiosk that is told to do something

            self._duties = Duties(
                loop=self.loop,
                clock=self._clock,
                power=self._power,
                outbox=self.outbox,
                voice=self.voice,
                board=self.board,
                link=self.link,
                said=self._courier.pump,
                when_settled=self.when_settled,
                down_within_s=self._pace.down_within_s,
                scene=self._make_scene,
            )
        return self._duties

    def _take_up(self) -> None:
        """What was not finished when the agent ended."""
        with suppress(StoreError):  # said by the outbox
            if Journal(self.outbox.disk).unfinished():
                self._duty().orders.reconcile()

    def _make_scene(self) -> "Scene":
        from agent.commands.scene import Scene  # of rare commands only

        return Scene(
            config=self._config,
            loop=self.loop,
            clock=self._clock,
            devices=self.board.devices,
            look=self._look,
            watchers=self._watchers,
            is_heard=lambda: self.outbox.is_empty,
            restart_agent=self._begin_anew,
            reconnect=self.link.reconnect,
            is_connected=lambda: self.link.is_up,
        )

    def _begin_anew(self) -> None:
        self.is_restarting = not self._systemd.is_there  # which starts us again
        self.stop("restarting")

    def _make_ladder(self) -> "Ladder | None":
        if not any(item.recovery for item in self._config.peripherals):
            return None
        from agent import cures  # a kiosk that may cure nothing does not load it

        scene = cures.Scene(
            in_session=lambda: is_in_session(self.board.devices()),
            is_busy=lambda: self._duties is not None and self._duties.orders.is_disrupting,
            look=self._look,
            say=self._happened,
            reboot=lambda failed: cures.restart(self._duty().reboot, failed),
            moment=lambda: cures.moment(self._clock),
            life=self.voice.boot_id,
        )
        return cures.ladder(self._config, self.outbox.disk, scene, self.loop)

    def _restart(self) -> None:
        self.is_restarting = self.is_dark = True
        self.loop.stop()

    # Probes to outbox

    def _probe(self) -> None:
        if self._probe_timer is not None:
            self._probe_timer.cancel()
        self._scheduler.tick(self.loop.now())
        self._probe_timer = self.loop.later(self._scheduler.due(self.loop.now()), self._probe)

    def _context(self) -> Context:
        now, hours = datetime.now(), self._config.hours  # noqa: DTZ005 - of the kiosk's own day
        opens_in = hours.opens_in(now)
        return Context(
            self._config,
            self.voice.boot_id,
            self.link.quality(),
            in_session=is_in_session(self.board.devices()),
            is_open=hours.is_open(now),
            opens_in_s=opens_in.total_seconds() if opens_in is not None else None,
        )

    def _deliver(self, result: Result) -> None:
        """Called by the worker, so it only hands over."""
        self.loop.post(lambda: self._apply(result))

    def _apply(self, result: Result) -> None:
        if self._ladder is not None:
            result = self._ladder.heard(result)
        for watch in tuple(self._watchers):
            watch(result)
        self._news(self.board.apply(result, self.loop.now()))
        if self._sessions is not None and self._sessions.follow(result.states):
            self._courier.pump()
        self._unheard.discard(result.probe)
        if not self._unheard:
            self._settle()
        self._probe()

    def _news(self, change: Change) -> None:
        due = self.board.next_due()
        if self._board_timer is not None:
            self._board_timer.cancel()
        if due is not None:
            wait_s = max(0.0, due - self.loop.now())
            self._board_timer = self.loop.later(
                wait_s, lambda: self._news(self.board.settle(self.loop.now()))
            )
        # Until every probe has reported there is one full report to come, not a handful of bits.
        if change and self._is_settled:
            verdict = self.board.verdict()
            report = self.voice.report(
                change.devices, verdict, is_full=False, removed=change.removed
            )
            self.outbox.push(report, Rank.CHANGE)
            self._courier.pump()

    def _happened(self, event: Event, also: Callable[[], None]) -> None:
        """Say what happened and write what goes with it, both or neither. Raises StoreError."""
        self.outbox.push_on_disk(self._of_events((event,)), Rank.CHANGE, also)
        self._courier.pump()

    def _of_events(self, events: tuple[Event, ...]) -> Build:
        return self.voice.report((), self.board.verdict(), is_full=False, events=events)

    def _settle(self) -> None:
        """All probes have reported once, or have had the time to."""
        if self._is_settled:
            return
        self._is_settled = True
        # What is found at a start may differ from what was last said: it is a change.
        self._say_all(Rank.CHANGE)
        lean.give_back()
        for waiting in self._on_settled:
            waiting()
        self._on_settled.clear()

    def when_settled(self, action: Callable[[], None]) -> None:
        """Call `action` once all probes have reported and that is in the outbox."""
        if self._is_settled:
            action()
        else:
            self._on_settled.append(action)

    def _say_all(self, rank: Rank) -> None:
        report = self.voice.report(self.board.devices(), self.board.verdict(), is_full=True)
        self.outbox.push(report, rank)
        self._courier.pump()

    def _welcome(self, name: str) -> None:
        """Of a kind that nobody declared, the first has come: from now on it is looked after."""
        probe = newcomer(name, self._config)
        if probe is not None:
            log.info("of the kind %s, one has come: it is watched from now on", name)
            self._scheduler.add(probe)

    def _look(self, name: str) -> None:
        """As closely as a probe can, and now."""
        self._scheduler.closely(name)
        self._probe()

    def _replug(self) -> None:
        for name in self._hotplug.read():
            if name not in self._scheduler.names:
                self._welcome(name)
            self._scheduler.soon(name)
        self._probe()

    # The link

    def _connected(self) -> None:
        self._stock.introduce()
        if self._is_settled:
            self._say_all(Rank.ROUTINE)
        self._courier.begin()

    def _heard(self, channel: Channel, payload: bytes, left_s: int | None) -> None:
        if channel is Channel.COMMAND:
            self._duty().orders.receive(payload, left_s)
            return
        try:
            ack = decode(channel, payload)
        except MessageError as err:
            log.error("an acknowledgement is ignored: %s", err)
            return
        if isinstance(ack, Ack):
            self._courier.acknowledged(ack)

    # Time

    def _beat(self) -> None:
        self.link.tick()
        if self.outbox.trouble is not None:
            self.outbox.retry_disk()
        self._courier.pump()
        self._systemd.alive()
        self._systemd.status(self._state())
        self.loop.later(self._beat_s, self._beat)

    def _hourly(self) -> None:
        if self._clock.is_trusted():
            self.outbox.forget_old(self._clock.utc())
        self._say_all(Rank.ROUTINE)
        self._foresight.look()
        self._warden.look()
        # Of what came without a word of the kernel's we would never hear.
        for kind in KINDS:
            if kind.name not in self._scheduler.names:
                self._welcome(kind.name)
        self._probe()
        self.loop.later(self._pace.full_report_s, self._hourly)

    def _state(self) -> str:
        line = "connected" if self.link.is_up else f"no connection: {self.link.trouble or 'trying'}"
        disk = f"; disk: {self.outbox.trouble}" if self.outbox.trouble else ""
        return f"{self.board.verdict().state}; {line}{disk}"
