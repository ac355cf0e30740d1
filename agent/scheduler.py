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
SPACING_S = 0.5
#: The kernel says that a device goes before it is gone, so hot-plug is looked at once more.
CONFIRM_S = 1.0
#: Periods are drawn within 5 % so that a region's kiosks do not measure in step.
JITTER = 0.05


class Result(Struct, frozen=True):
    """What one run of a probe found. With an `error`, its devices as unknown."""

    probe: str
    states: tuple[DeviceState, ...]
    duration_s: float
    error: str | None = None


class _Run(Struct):
    """One run, on its way to a worker or under way in it."""

    probe: Probe
    context: Context
    started: float
    deadline: float
    is_abandoned: bool = False


class _Entry(Struct):
    """One probe's place in the plan."""

    probe: Probe
    due: float
    started: float = float("-inf")
    is_hastened: bool = False  # hot-plug asked for the next run
    is_stuck: bool = False  # a run of it was abandoned and has not come back
    states: tuple[DeviceState, ...] = ()
    stat: footprint.Stat | None = None


class Scheduler:
    """Runs probes one at a time on a worker thread, and delivers a Result for each run.

    `context` is called from `tick`. `deliver` is called from the worker or from `tick`: it must be
    short and safe between threads, such as the `put` of a queue. A run past its limit is said at
    once (reason `timed-out`), its thread is left to itself and replaced, and its probe waits until
    that run has come back: so at most one thread a probe can hang. The device `agent` reports how
    the probes do.
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
        self._current: _Run | None = None
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
            if self._current is not None:
                return max(0.0, self._current.deadline - now)
            times = [entry.due for entry in self._plan.values() if not entry.is_stuck]
        return max(0.0, min(times) - now) if times else SPACING_S

    def tick(self, now: float) -> None:
        """Give up the run that is past its limit, then start the probe whose turn it is."""
        with self._lock:
            expired = self._expire(now)
            run = self._next(now) if self._current is None else None
        if expired is not None:
            self._deliver(expired)
        if run is not None:
            self._hand(run)

    def soon(self, name: str) -> None:
        """A device came or went: run its probe now and once more. Unknown names are ignored."""
        with self._lock:
            entry = self._plan.get(name)
            if entry is not None:
                entry.is_hastened = True
                entry.due = min(entry.due, max(self._clock(), entry.started + SPACING_S))

    def stats(self) -> tuple[footprint.Stat, ...]:
        """How the last run of each probe went."""
        return tuple(entry.stat for entry in self._plan.values() if entry.stat is not None)

    def stop(self) -> None:
        """Let the worker go. A run under way ends unheard."""
        with self._lock:
            if self._current is not None:
                self._current.is_abandoned = True
                self._current = None
            inbox, self._inbox = self._inbox, None
        if inbox is not None:
            inbox.put(None)

    def _next(self, now: float) -> _Run | None:
        """The most overdue probe, as a run; its next turn is planned from now, never caught up."""
        ready = [entry for entry in self._plan.values() if entry.due <= now and not entry.is_stuck]
        if not ready:
            return None
        entry = min(ready, key=lambda entry: entry.due)
        stretch = 1 + self._jitter * (2 * chance() - 1)
        wait_s = CONFIRM_S if entry.is_hastened else stretch * entry.probe.period_s
        entry.started, entry.due = now, now + wait_s
        entry.is_hastened = False
        self._current = _Run(entry.probe, self._context(), now, now + entry.probe.timeout_s)
        return self._current

    def _expire(self, now: float) -> Result | None:
        run = self._current
        if run is None or now < run.deadline:
            return None
        run.is_abandoned = True
        self._current = None
        self._plan[run.probe.name].is_stuck = True
        if self._inbox is not None:
            self._inbox.put(None)  # should the thread come back, it ends
            self._inbox = None
        return self._fail(run, "timed-out", f"no answer within {run.probe.timeout_s:g} s")

    def _hand(self, run: _Run) -> None:
        if self._inbox is None:
            self._inbox = SimpleQueue()
            threading.Thread(
                target=self._work, args=(self._inbox,), name="probes", daemon=True
            ).start()
        self._inbox.put(run)

    def _work(self, inbox: "SimpleQueue[_Run | None]") -> None:
        while (run := inbox.get()) is not None:
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
            self._current = None
            if error is not None:
                return self._fail(run, "probe-error", error)
            if entry.stat is not None and entry.stat.reason:
                log.info("probe %s works again", run.probe.name)
            duration_s = self._clock() - run.started
            entry.states = states
            entry.stat = footprint.Stat(run.probe.name, duration_s)
            return Result(run.probe.name, states, duration_s)

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
        return Result(run.probe.name, entry.states, duration_s, error)
