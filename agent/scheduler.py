"""The scheduler: each probe in its turn, within its time limit, whatever the others do."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from msgspec import Struct
from msgspec.structs import replace

from agent import footprint
from agent.chance import chance
from agent.probe import Context, Probe
from contract.health import DeviceState, Health

log = logging.getLogger(__name__)

#: Two runs of one probe are at least this far apart, however often hot-plug asks.
SPACING_S = 0.25
#: The kernel says that a device goes before it is gone, so hot-plug is looked at once more.
CONFIRM_S = 1.0
#: Runs at a time: one in its turn, and those that hot-plug asks for meanwhile.
LANES = 4
#: Periods are drawn within 5 % so that a region's kiosks do not measure in step.
JITTER = 0.05


class Result(Struct, frozen=True):
    """What one run of a probe found. With an `error`, its devices as unknown.

    `started` is of the monotonic clock.
    """

    probe: str
    states: tuple[DeviceState, ...]
    duration_s: float
    error: str | None = None
    started: float = 0.0


class _Run(Struct):
    """One run, on its way to a thread or under way in it."""

    probe: Probe
    context: Context
    started: float
    deadline: float
    is_in_turn: bool  # by the worker that stays
    is_abandoned: bool = False


class _Entry(Struct):
    """One probe's place in the plan."""

    probe: Probe
    due: float
    started: float = float("-inf")
    hasty_runs: int = 0  # how many of the next runs hot-plug asked for
    is_deep: bool = False  # the next run looks as closely as it can
    is_stuck: bool = False  # a run of it was abandoned and has not come back
    states: tuple[DeviceState, ...] = ()
    stat: footprint.Stat | None = None


class Scheduler:
    """Runs probes one at a time on a worker thread, and delivers a Result for each run.

    What hot-plug asks for does not wait for its turn: while the worker is busy it gets a thread of
    its own. `context` is called from `tick`. `deliver` is called from a thread or from `tick`: it
    must be short and safe between threads, such as the `put` of a queue. A run past its limit is
    said at once (reason `timed-out`), its thread is left to itself and replaced, and its probe
    waits until that run has come back: so at most one thread a probe can hang. The device `agent`
    reports how the probes do.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        context: Callable[[], Context],
        deliver: Callable[[Result], None],
        clock: Callable[[], float] = time.monotonic,
        jitter: float = JITTER,
    ) -> None:
        self._context = context
        self._deliver = deliver
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._running: dict[str, _Run] = {}
        self._inbox: SimpleQueue[_Run | None] | None = None
        now = clock()
        own = footprint.probe(self.stats)
        self._plan = {probe.name: _Entry(probe, now) for probe in (*probes, own)}

    @property
    def names(self) -> frozenset[str]:
        """Every probe that delivers, that of the agent itself included."""
        return frozenset(self._plan)

    def due(self, now: float) -> float:
        """Seconds until `tick` has something to do; 0 when it has now."""
        with self._lock:
            times = [run.deadline for run in self._running.values()]
            times += [entry.due for entry in self._plan.values() if self._may_run(entry)]
        return max(0.0, min(times) - now) if times else SPACING_S

    def tick(self, now: float) -> None:
        """Give up runs that are past their limit, then start the probes whose turn it is."""
        with self._lock:
            expired = [
                self._expire(run) for run in [*self._running.values()] if now >= run.deadline
            ]
            runs = []
            while (run := self._next(now)) is not None:
                runs.append(run)
        for result in expired:
            self._deliver(result)
        for run in runs:
            self._hand(run)

    def add(self, probe: Probe) -> None:
        """One more, of a device that was not there before; a name that is known is ignored."""
        with self._lock:
            self._plan.setdefault(probe.name, _Entry(probe, self._clock()))

    def soon(self, name: str) -> None:
        """A device came or went: run its probe now and once more. Unknown names are ignored."""
        self._hasten(name, 2)

    def closely(self, name: str) -> None:
        """Run this probe now, as closely as it can look. Unknown names are ignored."""
        self._hasten(name, 1, is_deep=True)

    def stats(self) -> tuple[footprint.Stat, ...]:
        """How the last run of each probe went."""
        return tuple(entry.stat for entry in self._plan.values() if entry.stat is not None)

    def stop(self) -> None:
        """Let the worker go. A run under way ends unheard."""
        with self._lock:
            for run in self._running.values():
                run.is_abandoned = True
            self._running.clear()
            inbox, self._inbox = self._inbox, None
        if inbox is not None:
            inbox.put(None)

    def _hasten(self, name: str, runs: int, *, is_deep: bool = False) -> None:
        with self._lock:
            entry = self._plan.get(name)
            if entry is not None:
                entry.is_deep |= is_deep
                entry.hasty_runs = max(runs, entry.hasty_runs)
                entry.due = min(entry.due, max(self._clock(), entry.started + SPACING_S))

    def _may_run(self, entry: _Entry) -> bool:
        if entry.is_stuck or entry.probe.name in self._running:
            return False
        return not self._running or (entry.hasty_runs > 0 and len(self._running) < LANES)

    def _next(self, now: float) -> _Run | None:
        """The most overdue probe, as a run; its next turn is planned from now, never caught up."""
        ready = [
            entry for entry in self._plan.values() if entry.due <= now and self._may_run(entry)
        ]
        if not ready:
            return None
        entry = min(ready, key=lambda entry: entry.due)
        stretch = 1 + self._jitter * (2 * chance() - 1)
        wait_s = CONFIRM_S if entry.hasty_runs > 1 else stretch * entry.probe.period_s
        entry.started, entry.due = now, now + wait_s
        entry.hasty_runs = max(0, entry.hasty_runs - 1)
        is_in_turn = not any(run.is_in_turn for run in self._running.values())
        limit = now + entry.probe.timeout_s
        context = self._context()
        if entry.is_deep:
            context, entry.is_deep = replace(context, is_deep=True), False
        run = _Run(entry.probe, context, now, limit, is_in_turn)
        self._running[entry.probe.name] = run
        return run

    def _expire(self, run: _Run) -> Result:
        run.is_abandoned = True
        del self._running[run.probe.name]
        self._plan[run.probe.name].is_stuck = True
        if run.is_in_turn and self._inbox is not None:
            self._inbox.put(None)  # should the thread come back, it ends
            self._inbox = None
        return self._fail(run, "timed-out", f"no answer within {run.probe.timeout_s:g} s")

    def _hand(self, run: _Run) -> None:
        if not run.is_in_turn:
            _thread(self._do, run)
            return
        if self._inbox is None:
            self._inbox = SimpleQueue()
            _thread(self._work, self._inbox)
        self._inbox.put(run)

    def _work(self, inbox: "SimpleQueue[_Run | None]") -> None:
        while (run := inbox.get()) is not None:
            self._do(run)

    def _do(self, run: _Run) -> None:
        states: tuple[DeviceState, ...] = ()
        error: str | None = None
        try:
            states = run.probe.run(run.context)
        except Exception as err:
            error = f"{type(err).__name__}: {err}"
        result = self._finish(run, states, error)
        if result is not None:
            self._deliver(result)

    def _finish(
        self, run: _Run, states: tuple[DeviceState, ...], error: str | None
    ) -> Result | None:
        """The Result of a run that ended; None when it was given up before."""
        with self._lock:
            entry = self._plan[run.probe.name]
            if run.is_abandoned:
                entry.is_stuck = False
                return None
            self._running.pop(run.probe.name, None)
            if error is not None:
                return self._fail(run, "probe-error", error)
            if entry.stat is not None and entry.stat.reason:
                log.info("probe %s works again", run.probe.name)
            duration_s = self._clock() - run.started
            entry.states = states
            entry.stat = footprint.Stat(run.probe.name, duration_s)
            return Result(run.probe.name, states, duration_s, None, run.started)

    def _fail(self, run: _Run, reason: str, error: str) -> Result:
        entry = self._plan[run.probe.name]
        if entry.stat is None or entry.stat.reason != reason:
            log.warning("probe %s: %s", run.probe.name, error)
        duration_s = self._clock() - run.started
        entry.stat = footprint.Stat(run.probe.name, duration_s, reason)
        # A probe that never answered stands for its devices by its own name.
        known = entry.states or (DeviceState(run.probe.name, run.probe.name, Health.UNKNOWN),)
        entry.states = tuple(
            replace(state, health=Health.UNKNOWN, reasons=(reason,), metrics={}) for state in known
        )
        return Result(run.probe.name, entry.states, duration_s, error, run.started)


def _thread(work: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, name="probes", daemon=True).start()
