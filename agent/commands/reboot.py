"""`reboot`: done only once the machine has a new boot id, and says what it brought back."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from agent.clock import Clock
from agent.commands import Finish
from agent.errors import PowerError
from agent.journal import Entry
from agent.loop import Loop
from agent.power import Power
from contract.commands import CommandState
from contract.health import DeviceState
from contract.reasons import OutcomeReason, because

log = logging.getLogger(__name__)

#: A machine that was told to restart is down by then, or will not go down.
DOWN_WITHIN_S = 120.0
#: How long the word "running" may take to reach the controller before we leave regardless.
FAREWELL_S = 3.0
_FAREWELL_STEP_S = 0.1
_AGENT = "agent"  # the device by which the agent tells of itself
_FROM_BEST = ("ok", "degraded", "unknown", "failed", "missing")


class Stage(Struct, frozen=True):
    """What a reboot needs of the agent around it.

    `is_heard`: all we said is committed. `leave`: close the link with a reason, then call back.
    `come_back`: open it again. `when_settled`: call back once every probe has reported.
    """

    is_heard: Callable[[], bool]
    leave: Callable[[str, Callable[[], None]], None]
    come_back: Callable[[], None]
    when_settled: Callable[[Callable[[], None]], None]
    devices: Callable[[], Iterable[DeviceState]]


class Reboot:
    """Restarts the machine through the power port, and recognises afterwards that it did."""

    name = "reboot"

    def __init__(
        self,
        power: Power,
        loop: Loop,
        clock: Clock,
        stage: Stage,
        down_within_s: float = DOWN_WITHIN_S,
    ) -> None:
        self._power, self._loop, self._clock, self._stage = power, loop, clock, stage
        self._down_within_s = down_within_s
        self._started = clock.monotonic()

    def hindrance(self, args: Struct) -> str:
        """None known before it is tried."""
        return ""

    def begin(self, entry: Entry, finish: Finish) -> None:
        """Wait as told, let the region hear of it, leave, restart."""
        delay_s = _delay_s(entry)
        if delay_s:
            log.warning("this machine restarts in %d s, as told by command %s", delay_s, entry.id)
        self._loop.later(delay_s, lambda: self.leave(finish))

    def leave(self, finish: Finish) -> None:
        """Let the region hear of it, go offline as told, restart. `finish` hears of failure."""
        self._linger(finish, FAREWELL_S)

    def resume(self, entry: Entry, finish: Finish) -> None:
        """A new boot id is the proof. The old one means that nothing happened, or not yet."""
        if self._power.boot_id() != entry.boot_id:
            self._stage.when_settled(lambda: self._succeed(entry, finish))
            return
        due = entry.began_at + timedelta(seconds=_delay_s(entry) + self._down_within_s)
        left_s = (due - self._clock.utc()).total_seconds()
        # A clock that was set meanwhile must not make us wait for longer than we ever would.
        left_s = min(max(left_s, 0.0), _delay_s(entry) + self._down_within_s)
        reason = because(OutcomeReason.MACHINE_DID_NOT_REBOOT)
        self._loop.later(left_s, lambda: finish(CommandState.FAILED, reason))

    def _linger(self, finish: Finish, left_s: float) -> None:
        if left_s > 0 and not self._stage.is_heard():
            again_s = left_s - _FAREWELL_STEP_S
            self._loop.later(_FAREWELL_STEP_S, lambda: self._linger(finish, again_s))
            return
        self._stage.leave("rebooting", lambda: self._restart(finish))

    def _restart(self, finish: Finish) -> None:
        try:
            self._power.reboot()
        except PowerError as err:
            finish(CommandState.FAILED, because(OutcomeReason.REBOOT_REFUSED, str(err)))
            self._stage.come_back()
            return
        self._loop.later(self._down_within_s, lambda: self._give_up(finish))

    def _give_up(self, finish: Finish) -> None:
        reason = because(OutcomeReason.MACHINE_STILL_UP, f"{self._down_within_s:g} s")
        finish(CommandState.FAILED, reason)
        self._stage.come_back()

    def _succeed(self, entry: Entry, finish: Finish) -> None:
        result: dict[str, Any] = {
            "simulated": self._power.is_simulated,
            "old_boot_id": entry.boot_id,
            "new_boot_id": self._power.boot_id(),
            **compare(entry.before, self._stage.devices()),
        }
        # The agent's start is the machine's return; only the clock of the day spans both boots.
        since_start = timedelta(seconds=self._clock.monotonic() - self._started)
        duration_s = (self._clock.utc() - since_start - entry.began_at).total_seconds()
        if 0 <= duration_s < timedelta(days=1).total_seconds():
            result["duration_s"] = round(duration_s, 1)
        finish(CommandState.SUCCEEDED, result=result)


def compare(before: Mapping[str, str], after: Iterable[DeviceState]) -> dict[str, list[str] | int]:
    """Each device's health before and after, what is not as it was, which are better or worse
    for it, and how many are the same.

    >>> found = compare({"camera": "missing", "system": "ok"}, [])
    >>> found["changed"], found["worse"], found["same"]
    (['camera: missing -> absent', 'system: ok -> absent'], ['system'], 1)
    """
    now = {state.id: str(state.health) for state in after}
    names = sorted({*before, *now} - _late(before, now))
    changed = [
        f"{name}: {before.get(name, 'absent')} -> {now.get(name, 'absent')}"
        for name in names
        if before.get(name) != now.get(name)
    ]
    gains = {name: _rank(before.get(name)) - _rank(now.get(name)) for name in names}
    return {
        "devices_before": [f"{name}: {health}" for name, health in sorted(before.items())],
        "devices_after": [f"{name}: {health}" for name, health in sorted(now.items())],
        "changed": changed,
        "better": [name for name in names if gains[name] > 0],
        "worse": [name for name in names if gains[name] < 0],
        "same": sum(1 for name in names if gains[name] == 0),
    }


def _late(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    """The agent itself where it was not measured yet: it compares, so it was there."""
    return {_AGENT} if (_AGENT in before) is not (_AGENT in now) else set()


def _rank(health: str | None) -> int:
    """From best to worst; what is absent is as bad as what is missing."""
    return _FROM_BEST.index(health) if health in _FROM_BEST else len(_FROM_BEST) - 1


def _delay_s(entry: Entry) -> int:
    return int(entry.args.get("delay_s", 0))  # checked when it was taken
