"""One simulated kiosk at work: what happens to the pure kiosk, said over its link."""

import logging
import random
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import UNSET, UnsetType

from agent.loop import Loop
from contract import RELEASE
from contract.commands import CommandState, spec
from contract.errors import MessageError
from contract.health import DeviceState
from contract.messages import (
    Ack,
    Command,
    Event,
    Inventory,
    Outcome,
    Piece,
    Presence,
    Report,
    Scalar,
    decode,
)
from contract.topics import Channel
from simulator import orders
from simulator.clock import Clock
from simulator.errands import Result, Said
from simulator.kiosk import Kiosk, begin, changes, judge, measure, reboot, step, updated
from simulator.link import Events, Link
from simulator.outbox import Outbox
from simulator.schedule import Spell
from simulator.visits import Visit, remedies, told

log = logging.getLogger(__name__)

FULL_REPORT_S = 3600.0
_TICK_S = 15.0  # keepalive and repeats
_RETRY_S = (1.0, 30.0)  # first and longest wait before dialling again
_REBOOT_S = (6.0, 12.0)  # how long a reboot keeps a kiosk in the dark
_SEEN = 64  # commands remembered, so that one redelivered does not run twice


class Resident:
    """Lives in the fleet's loop. `dial(self)` asks the fleet for a connection."""

    def __init__(
        self, kiosk: Kiosk, loop: Loop, clock: Clock, dial: Callable[["Resident"], None]
    ) -> None:
        self.kiosk = kiosk
        self.outbox = Outbox()
        self.is_online = False
        self._loop, self._clock, self._dial = loop, clock, dial
        self._state = begin(kiosk, clock.now())
        self._session = ""
        self._visit: Visit | None = None  # as last told
        self._link: Link | None = None
        self._is_rebooting = self._is_stopped = self._is_cut = False
        self._failures = 0
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._reboot: orders.Reboot | None = None
        self._under_way = ""  # the disruptive command that is
        self._chance = random.Random(kiosk.id)  # noqa: S311 - spreads retries, no secret

    def start(self, delay_s: float) -> None:
        """Come to life, and dial after `delay_s`."""
        self._loop.later(delay_s, self._redial)
        self._plan_turn()
        self._loop.later(_TICK_S * (1 + self._chance.random()), self._tick)
        self._loop.later(self._clock.wait_s(FULL_REPORT_S), self._hourly)

    def will(self) -> Presence:
        """What the broker shall say when the next connection is lost; begins a new session."""
        self._session = secrets.token_hex(8)
        return self._presence(False, "lost")

    def adopted(self, link: Link) -> None:
        """The fleet has connected us."""
        if self._is_gone:
            link.cut()
            return
        self._link = link
        down = partial(self._lost, link)
        link.adopt(self._loop, Events(self._up, down, self._heard, self.outbox.reached))

    def failed(self) -> None:
        """The connection could not be made, or was lost: try again, later each time."""
        first, longest = _RETRY_S
        wait_s = min(longest, first * 2**self._failures) * self._chance.uniform(0.5, 1.5)
        self._failures += 1
        self._loop.later(wait_s, self._redial)

    def stop(self) -> Link | None:
        """Say goodbye and hang up, for good; answers the link that may not have said it all yet."""
        link = self._link
        self._is_stopped = True
        self._leave("stopping")
        return link

    def cut_line(self, is_cut: bool) -> None:
        """The line to the internet goes, or comes back. Said again, it changes nothing."""
        if is_cut == self._is_cut:
            return
        self._is_cut = is_cut
        if is_cut:
            self._vanish()
        else:
            self._redial()

    def updated(self, broken: frozenset[str]) -> None:
        """A release was applied: the agent begins anew, and these parts work no more."""
        self._state = updated(self.kiosk, self._state, broken, self._clock.now())
        if not self._is_gone:
            self._leave("restarting")
            self._loop.later(_RETRY_S[0], self._redial)

    @property
    def has_line(self) -> bool:
        """Whether its minion could be reached, whatever its agent does."""
        return not self._is_gone

    @property
    def _is_gone(self) -> bool:
        """Whether no connection is wanted now."""
        return (
            self._is_stopped or self._is_rebooting or self._is_cut or self._state.dark is not None
        )

    def _lost(self, link: Link, cause: str) -> None:
        if link is not self._link:
            return  # an earlier one: we had hung up ourselves
        log.debug("%s: connection lost: %s", self.kiosk.id, cause)
        self.is_online, self._link = False, None
        self.failed()

    def _leave(self, reason: str) -> None:
        link, is_online = self._link, self.is_online
        self._link, self.is_online = None, False
        if link is not None and is_online:
            link.leave(self._loop, self._presence(False, reason))
        elif link is not None:
            link.cut()

    def _redial(self) -> None:
        if not self._is_gone and self._link is None:
            self._dial(self)

    def _up(self) -> None:
        link = self._link
        if link is None:
            return
        self.is_online, self._failures = True, 0
        link.say(Channel.PRESENCE, self._presence(True, "connected"))
        link.say(Channel.INVENTORY, self._inventory())
        self.outbox.reconnected()
        self._report_all()
        if self._reboot is not None:
            reboot, self._reboot, self._under_way = self._reboot, None, ""
            result = reboot.receipt(self._loop.now(), self._state.boot.id, self._state.devices)
            self._outcome(reboot.command, CommandState.SUCCEEDED, result=result)
        self._flush()

    def _heard(self, channel: Channel, payload: bytes) -> None:
        try:
            message = decode(channel, payload)
        except MessageError as err:  # without an id there is nobody to answer
            log.warning("%s: %s", self.kiosk.id, err)
            return
        if isinstance(message, Ack):
            self.outbox.committed(message)
        elif isinstance(message, Command):
            self._obey(message)

    def _obey(self, command: Command) -> None:
        if command.id in self._seen:
            return
        self._seen[command.id] = None
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
        decision = orders.decide(
            command,
            datetime.now(UTC),
            kiosk=self.kiosk.id,
            devices=self._state.devices,
            under_way=self._under_way,
            in_session=self._state.visit is not None,
        )
        for answer in decision.answers:
            self._outcome(command.id, answer.state, answer.reason)
        boot = self._state.boot
        if decision.is_ping:
            result = orders.pong(self._clock.now() - boot.at, boot.id)
            self._outcome(command.id, CommandState.SUCCEEDED, result=result)
        self._flush()
        if decision.script:
            self._go_on(command, decision.script)
        if decision.answers[-1].state is CommandState.RUNNING and spec(command.name).is_disruptive:
            self._under_way = command.name
        if decision.reboot_in_s is not None:
            now, devices = self._loop.now(), self._state.devices
            self._reboot = orders.Reboot(command.id, now, boot.id, devices)
            # A breath for the outcomes to leave before the line goes.
            self._loop.later(decision.reboot_in_s + 0.5, self._go_down)

    def _go_on(self, command: Command, script: tuple[Said, ...]) -> None:
        """Say the next of it in its time."""
        said, *rest = script

        def say() -> None:
            self._outcome(command.id, said.state, said.reason, said.result, said.piece)
            self._flush()
            if rest:
                self._go_on(command, tuple(rest))
            elif spec(command.name).is_disruptive:
                self._under_way = ""

        self._loop.later(said.after_s, say)

    def _go_down(self) -> None:
        self._is_rebooting = True
        self._leave("rebooting")
        self._loop.later(self._chance.uniform(*_REBOOT_S), self._come_up)

    def _come_up(self) -> None:
        self._state = reboot(self.kiosk, self._state, self._clock.now())
        self._is_rebooting = False
        self._redial()

    def _advance(self) -> None:
        """The kiosk's own life goes on: a fault comes or goes, or the dark."""
        before = self._state
        self._state = step(self.kiosk, before, self._clock.now())
        news = changes(before.devices, self._state.devices)
        if news and not self._state.has_lost_power:
            key = f"{self.kiosk.seed}/{self.kiosk.id}/{before.turn_at}"
            self._report(news, False, remedies(key, before.devices, self._state.devices))
            self._flush()
        self._follow_dark(before.dark, self._state.dark)
        self._plan_turn()

    def _follow_dark(self, before: Spell | None, after: Spell | None) -> None:
        if before is None and after is not None:
            self._vanish()
        elif before is not None and after is None:
            self._redial()

    def _vanish(self) -> None:
        link, self._link = self._link, None
        self.is_online = False
        if link is not None:
            link.cut()

    def _plan_turn(self) -> None:
        wait_s = self._clock.wait_s(self._state.turn_at - self._clock.now())
        self._loop.later(max(0.05, wait_s), self._advance)

    def _tick(self) -> None:
        if self._link is not None:
            self._link.keep_alive()
            self._flush()
        self._loop.later(_TICK_S, self._tick)

    def _hourly(self) -> None:
        if not self._state.has_lost_power:
            self._report_all()
            self._flush()
        self._loop.later(self._clock.wait_s(FULL_REPORT_S), self._hourly)

    def _report_all(self) -> None:
        self._report(measure(self.kiosk, self._state.boot, self._clock.now()), is_full=True)

    def _report(
        self, devices: tuple[DeviceState, ...], is_full: bool, events: tuple[Event, ...] = ()
    ) -> None:
        """What was found, and whatever is still to be told of visits."""
        verdict = judge(self.kiosk, self._state.devices)
        events += told(self._visit, self._state.visit, self._clock.now())
        self._visit = self._state.visit
        self._keep(Report, is_full=is_full, devices=devices, verdict=verdict, events=events)

    def _outcome(
        self,
        command: str,
        state: CommandState,
        reason: str = "",
        result: Result | None = None,
        piece: Piece | UnsetType = UNSET,
    ) -> None:
        said = {"command": command, "state": state, "reason": reason[:500], "piece": piece}
        self._keep(Outcome, **said, result=result or {})

    def _keep(self, kind: type[Report] | type[Outcome], **fields: Any) -> None:
        at, boot_id = datetime.now(UTC), self._state.boot.id
        self.outbox.push(
            lambda epoch, seq: kind(
                epoch=epoch, seq=seq, at=at, clock_trusted=True, boot_id=boot_id, **fields
            )
        )

    def _flush(self) -> None:
        link = self._link
        if link is None or not self.is_online:
            return
        now = self._loop.now()
        for message in self.outbox.due(now):
            channel = Channel.OUTCOME if isinstance(message, Outcome) else Channel.REPORT
            self.outbox.sent(message.seq, link.say(channel, message), now)

    def _presence(self, is_online: bool, reason: str) -> Presence:
        boot_id = self._state.boot.id
        return Presence(self._session, is_online, datetime.now(UTC), boot_id, RELEASE, reason)

    def _inventory(self) -> Inventory:
        facts: dict[str, Scalar] = {"hostname": self.kiosk.id, "simulated": True}
        boot_id = self._state.boot.id
        return Inventory(datetime.now(UTC), boot_id, RELEASE, facts, self.kiosk.declared)
