"""A simulated master: keys, jobs and their returns; minions do their work in its one thread.

It does what a real one does where that shows through its API: a job goes to minions whose keys it
has and who are reachable when it is given, a job that a minion has seen is not done twice, and what
comes back while the master is down is lost to it, though the minion keeps it.
"""

import heapq
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, Protocol

from simulator.salt import minion as minions
from simulator.salt.effects import Effects
from simulator.salt.minion import Answer, Minion

#: A real one forgets after a day.
_KEPT_JOBS = 5000
_QUICK_S = 0.05


class Kiosks(Protocol):
    """The kiosks that the minions are of."""

    def is_known(self, kiosk: str) -> bool:
        """Whether it is one of them."""

    def is_reachable(self, kiosk: str) -> bool:
        """Whether its minion hears the master now."""

    def updated(self, kiosk: str, broken: Collection[str]) -> None:
        """A release was applied: its agent begins anew, and these parts of it work no more."""


@dataclass(slots=True)
class Job:
    """As the master remembers it."""

    jid: str
    function: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    minions: tuple[str, ...]
    returns: dict[str, Answer] = field(default_factory=dict)


class Master:
    """Safe to call from several threads. `heard` is called with each return, in the one thread."""

    def __init__(self, kiosks: Kiosks, effects: Effects) -> None:
        self._kiosks, self._effects = kiosks, effects
        self._lock = threading.Condition()
        self._minions: dict[str, Minion] = {}
        self._keys: dict[str, str] = {}
        self._jobs: dict[str, Job] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._listeners: list[Callable[[Job, str, Answer], None]] = []
        self._is_down = self._is_stopped = False
        self._thread = threading.Thread(target=self._work, name="minions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """For good."""
        with self._lock:
            self._is_stopped = True
            self._lock.notify()
        self._thread.join()

    def go_down(self) -> None:
        """As after a kill: minions go on with what they are at."""
        self._is_down = True

    def come_up(self) -> None:
        """Again, with what it had on disk."""
        self._is_down = False

    @property
    def is_down(self) -> bool:
        """Whether nobody answers."""
        return self._is_down

    def listen(self, heard: Callable[[Job, str, Answer], None]) -> Callable[[], None]:
        """Hear each return from now on; answers what ends that."""
        with self._lock:
            self._listeners.append(heard)
        return lambda: self._listeners.remove(heard)

    def has(self, kiosk: str) -> bool:
        """Whether a kiosk is one of ours, whatever keys are known."""
        return self._kiosks.is_known(kiosk)

    def accept(self, kiosk: str, public_key: str) -> None:
        """Know a minion by its key."""
        with self._lock:
            self._keys[kiosk] = public_key

    def remove(self, kiosk: str) -> None:
        """Know it no more."""
        with self._lock:
            self._keys.pop(kiosk, None)

    def accepted(self) -> frozenset[str]:
        """The minions it knows."""
        with self._lock:
            return frozenset(self._keys)

    def submit(
        self, jid: str, function: str, targets: Collection[str], args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> tuple[str, ...]:  # fmt: skip
        """Give a job; answers the minions whose keys are known."""
        with self._lock:
            known = tuple(name for name in targets if name in self._keys)
            if known and jid not in self._jobs:
                self._jobs[jid] = Job(jid, function, args, kwargs, known)
                while len(self._jobs) > _KEPT_JOBS:
                    del self._jobs[next(iter(self._jobs))]
        for name in known:
            if self._kiosks.is_reachable(name):
                self._later(_QUICK_S, partial(self._begin, name, jid, function, args, kwargs))
        return known

    def job(self, jid: str) -> Job | None:
        """What is known of a job."""
        with self._lock:
            return self._jobs.get(jid)

    def is_doing(self, kiosk: str, jid: str) -> bool:
        """Whether a minion is at a state.apply, whoever knows of it."""
        minion = self._minions.get(kiosk)
        return minion is not None and minion.doing == jid

    def has_done(self, kiosk: str, jid: str) -> bool:
        """Whether a minion is done with a job, whoever knows of it."""
        minion = self._minions.get(kiosk)
        return minion is not None and jid in minion.cache

    def _begin(
        self, name: str, jid: str, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        """In the one thread: a minion takes a job up."""
        minion = self._minions.get(name) or Minion(name)
        if minion.has_seen(jid):
            return
        answer = minions.at_once(minion, function, [str(arg) for arg in args])
        if answer is None and minion.doing:
            answer = minions.busy(minion.doing)
        self._minions[name] = minion.given(jid, applies=answer is None)
        if answer is not None:
            self._end(name, jid, function, answer, minion.has)
            return
        release, is_test = str(kwargs.get("saltenv", "base")), bool(kwargs.get("test", False))
        takes_s = self._effects.of(release).takes_s * (0.3 if is_test else 1.0)
        self._later(takes_s, lambda: self._applied(name, jid, release, is_test=is_test))

    def _applied(self, name: str, jid: str, release: str, *, is_test: bool) -> None:
        minion, effect = self._minions[name], self._effects.of(release)
        answer = minions.applied(minion, release, effect, is_test=is_test)
        is_new = answer.has_succeeded and not is_test
        has_changed = is_new and minion.has != release
        self._end(name, jid, "state.apply", answer, release if is_new else minion.has)
        if has_changed:
            broken = {effect.breaks[name]} if name in effect.breaks else set()
            self._kiosks.updated(name, broken)

    def _end(self, name: str, jid: str, function: str, answer: Answer, has: str) -> None:
        self._minions[name] = self._minions[name].finished(jid, function, answer, has)
        if self._is_down or not self._kiosks.is_reachable(name):
            return  # lost to the master; the minion keeps it
        with self._lock:
            job = self._jobs.get(jid)
            if job is None:
                return
            job.returns[name] = answer
            listeners = list(self._listeners)
        for heard in listeners:
            heard(job, name, answer)

    def _later(self, wait_s: float, act: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + wait_s, next(self._numbers), act))
            self._lock.notify()

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._is_stopped and not self._is_ready():
                    wait_s = self._due[0][0] - time.monotonic() if self._due else None
                    self._lock.wait(wait_s)
                if self._is_stopped:
                    return
                act = heapq.heappop(self._due)[2]
            act()

    def _is_ready(self) -> bool:
        return bool(self._due) and self._due[0][0] <= time.monotonic()
