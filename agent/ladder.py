"""Climbs the recovery ladder: one rung at a time, on disk first, verified by the probe.

What to try is decided by `agent.recovery`; this does it and finds out whether it worked. All of it
runs in the loop, except the acts themselves, which have a thread of their own.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from agent.attempts import Attempts, Entry
from agent.config import Config, Peripheral, Rung, RungName
from agent.errors import RemedyError, StoreError
from agent.loop import Loop
from agent.recovery import (
    HUMAN,
    NEEDS_A_HUMAN,
    AttemptState,
    GiveUp,
    Moment,
    Situation,
    is_curable,
    is_well,
    next_step,
)
from agent.remedies import Remedy
from agent.scheduler import Result
from contract.events import EventName
from contract.health import DeviceState
from contract.messages import Event

log = logging.getLogger(__name__)

#: How often the probe is asked whether it helped.
LOOK_S = 10.0
#: An act that has not come back by then hangs in the kernel, and is not waited for.
ACT_S = 240.0
#: How long until the disk is asked again to keep what became of an attempt.
DISK_S = 30.0
_MARGIN_S = 0.1
_MAX_REASONS = 16
_MAX_DETAIL = 300


class Scene(Struct, frozen=True):
    """What the ladder needs of the agent around it.

    `look`: run the probe of a kind now, as closely as it can. `say`: an event, and what is to be
    written in the same transaction; raises StoreError. `reboot`: restart the machine, with all
    courtesy; calls back only if it does not happen, with the reason. `life` is which start of the
    machine this is, `moment` what time it is.
    """

    in_session: Callable[[], bool]
    is_busy: Callable[[], bool]
    look: Callable[[str], None]
    say: Callable[[Event, Callable[[], None]], None]
    reboot: Callable[[Callable[[str], None]], None]
    moment: Callable[[], Moment]
    life: str


class _Trial(Struct):
    """The attempt under way. `acted_at` is None until the act has ended."""

    entry: Entry
    item: Peripheral
    acted_at: float | None = None


class Ladder:
    """Fed with every result, it decides, acts and says. `resume` comes first."""

    def __init__(
        self,
        config: Config,
        attempts: Attempts,
        remedies: Mapping[RungName, Remedy],
        scene: Scene,
        loop: Loop,
    ) -> None:
        self._items = {item.id: item for item in config.peripherals if item.recovery}
        self._limits, self._attempts, self._remedies = config.recovery, attempts, remedies
        self._scene, self._loop = scene, loop
        self._known: dict[str, DeviceState] = {}
        self._facts: dict[str, DeviceState] = {}  # when each was last seen with its facts
        self._failing: dict[str, float] = {}  # since when
        self._well: dict[str, float] = {}
        self._open: set[str] = set()  # something was tried on them, and they were not well since
        self._given_up: set[str] = set()
        self._trial: _Trial | None = None
        self._is_disk_bad = False

    def resume(self) -> None:
        """Take up what was under way when the agent ended: it may have been done, or half done."""
        try:
            entries = self._attempts.entries()
            begun = [each for each in entries if each.attempt.state is AttemptState.BEGUN]
            for entry in begun:
                if entry.attempt.device not in self._items:  # nobody asks any more
                    self._attempts.finish(entry, worked=False)
        except StoreError as err:
            self._disk_fails(err)
            self._loop.later(DISK_S, self.resume)
            return
        still_open = [each.attempt for each in entries if each.attempt.is_open]
        self._open = {each.device for each in still_open}
        self._given_up = {each.device for each in still_open if each.rung == HUMAN}
        for entry in begun:  # one at most: a second is not begun before the first has ended
            if entry.attempt.device in self._items:
                self._take_up(entry)

    def _take_up(self, entry: Entry) -> None:
        self._trial = _Trial(entry, self._items[entry.attempt.device])
        remedy = self._remedies.get(_name(entry.attempt.rung))
        if remedy is None:
            self._acted(entry, "")
        else:
            self._in_thread(entry, lambda: remedy.mend(entry.aim))

    def heard(self, result: Result) -> Result:
        """Take in what a probe found. Answers it with what a human has to know beside it."""
        for state in result.states:
            if state.id in self._items:
                self._note(state)
        if self._trial is not None:
            self._verify(self._trial, result)
        self._turn()
        return replace(result, states=tuple(self._marked(state) for state in result.states))

    # What is known

    def _note(self, state: DeviceState) -> None:
        name, now = state.id, self._loop.now()
        self._known[name] = state
        if state.facts.get("port"):
            self._facts[name] = state
        if is_curable(state):
            self._well.pop(name, None)
            if name not in self._failing:
                self._failing[name] = now
                self._loop.later(self._limits.after_s + _MARGIN_S, self._turn)
            return
        self._failing.pop(name, None)
        if not is_well(state):
            self._well.pop(name, None)
            return
        since = self._well.setdefault(name, now)
        # One good measurement among bad ones does not begin the ladder anew.
        if name in self._open and now - since >= self._limits.after_s:
            self._close(name)

    def _close(self, name: str) -> None:
        try:
            self._attempts.close(name)
        except StoreError as err:
            self._disk_fails(err)
            return
        self._open.discard(name)
        self._given_up.discard(name)

    def _marked(self, state: DeviceState) -> DeviceState:
        if state.id not in self._given_up or is_well(state):
            return state
        return replace(state, reasons=(*state.reasons[: _MAX_REASONS - 1], NEEDS_A_HUMAN))

    # What to do

    def _turn(self) -> None:
        """Begin what is to be tried now, if anything."""
        if self._trial is not None or not self._failing:
            return
        moment = self._scene.moment()
        try:
            if moment.utc_s is not None:
                self._attempts.date(moment.utc_s)
            for name in tuple(self._failing):
                step = self._step(name, moment)
                if isinstance(step, GiveUp):
                    self._give_up(name, step, moment)
                elif step is not None:
                    self._begin(self._items[name], step, moment)
                    return
        except StoreError as err:
            # What is not on disk first could be done for ever.
            self._disk_fails(err)
            return
        self._is_disk_bad = False

    def _step(self, name: str, moment: Moment) -> Rung | GiveUp | None:
        situation = Situation(
            moment,
            self._loop.now() - self._failing[name],
            in_session=self._scene.in_session(),
            is_busy=self._scene.is_busy(),
        )
        ladder = self._items[name].recovery
        return next_step(name, ladder, self._attempts.history(), self._limits, situation)

    def _give_up(self, name: str, why: GiveUp, moment: Moment) -> None:
        log.warning("%s cannot be cured from here (%s): it needs a human", name, why)
        event = Event(EventName.RECOVERY_GAVE_UP, name, {"reason": str(why)})
        self._scene.say(event, lambda: self._attempts.give_up(name, self._scene.life, moment))
        self._open.add(name)
        self._given_up.add(name)
        self._scene.look(self._items[name].kind)

    def _begin(self, item: Peripheral, rung: Rung, moment: Moment) -> None:
        remedy, trouble = self._remedies.get(rung.name), ""
        try:
            facts = self._facts[item.id].facts if item.id in self._facts else {}
            aim = remedy.aim(rung, item, facts) if remedy is not None else ""
        except RemedyError as err:
            aim, trouble = "", str(err)
        entry = self._attempts.begin(item.id, str(rung), aim, self._scene.life, moment)
        self._open.add(item.id)
        self._trial = _Trial(entry, item)
        log.warning("%s has failed: trying %s %s", item.id, rung, aim)
        if trouble:
            self._finish(entry, worked=False, detail=trouble)
        elif remedy is None:
            self._scene.reboot(lambda reason: self._acted(entry, reason))
        else:
            self._in_thread(entry, lambda: remedy.act(aim))

    def _in_thread(self, entry: Entry, act: Callable[[], None]) -> None:
        def work() -> None:
            trouble = ""
            try:
                act()
            except RemedyError as err:
                trouble = str(err)
            self._loop.post(lambda: self._acted(entry, trouble))

        threading.Thread(target=work, name="remedy", daemon=True).start()
        self._loop.later(ACT_S, lambda: self._acted(entry, f"not done within {ACT_S:g} s"))

    # Whether it helped

    def _acted(self, entry: Entry, trouble: str) -> None:
        trial = self._trial
        if trial is None or trial.entry is not entry or trial.acted_at is not None:
            return
        trial.acted_at = self._loop.now()
        if trouble:
            self._finish(entry, worked=False, detail=trouble)
            return
        self._look(trial)
        self._loop.later(self._limits.verify_s, lambda: self._too_late(entry))

    def _look(self, trial: _Trial) -> None:
        if self._trial is trial:
            self._scene.look(trial.item.kind)
            self._loop.later(LOOK_S, lambda: self._look(trial))

    def _verify(self, trial: _Trial, result: Result) -> None:
        """Only what was measured after the act counts."""
        if trial.acted_at is None or result.started < trial.acted_at:
            return
        if any(state.id == trial.item.id and is_well(state) for state in result.states):
            self._finish(trial.entry, worked=True)

    def _too_late(self, entry: Entry) -> None:
        if self._trial is None or self._trial.entry is not entry:
            return
        if self._scene.in_session():  # no probe looks closely now: it is not known yet
            self._loop.later(LOOK_S, lambda: self._too_late(entry))
            return
        self._finish(entry, worked=False, detail=f"not well after {self._limits.verify_s:g} s")

    def _finish(self, entry: Entry, *, worked: bool, detail: str = "") -> None:
        if self._trial is None or self._trial.entry is not entry:
            return
        name, rung = entry.attempt.device, entry.attempt.rung
        if _name(rung) is RungName.REBOOT and entry.life == self._scene.life:
            worked, detail = False, detail or "the machine did not restart"
        event = Event(
            EventName.RECOVERY_TRIED,
            name,
            {"rung": rung, "worked": worked, "detail": detail[:_MAX_DETAIL]},
        )
        try:
            self._scene.say(event, lambda: self._attempts.finish(entry, worked=worked))
        except StoreError as err:
            self._disk_fails(err)
            self._loop.later(DISK_S, lambda: self._finish(entry, worked=worked, detail=detail))
            return
        log.warning("%s: %s %s", name, rung, "worked" if worked else f"did not help: {detail}")
        self._trial = None
        if worked:
            self._open.discard(name)
            self._given_up.discard(name)
        self._loop.post(self._turn)

    def _disk_fails(self, err: StoreError) -> None:
        if not self._is_disk_bad:
            log.error("nothing is tried on peripherals: %s", err)
        self._is_disk_bad = True


def _name(rung: str) -> RungName:
    return RungName(rung.partition(":")[0])
