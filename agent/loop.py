"""The one thread where all but probing and connecting happens. Nothing may block in it."""

import heapq
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Timer:
    """Something that will be called once, unless cancelled."""

    __slots__ = ("action", "due")

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Never call it."""
        self.action = None


class Loop:
    """Waits for descriptors, timers, other threads and signals; calls back one at a time."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._posted: deque[Callable[[], None]] = deque()
        self._is_running = False
        self._has_signals = False
        # One pipe wakes the selector for both threads (`post`) and signals (set_wakeup_fd writes
        # single bytes, which an eventfd would refuse).
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._wake_read, self._drain_wakes)

    def watch(self, fd: int, ready: Callable[[], None], *, wants_write: bool = False) -> None:
        """Call `ready` whenever `fd` can be read (or, when asked, written). Idempotent."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wants_write else 0)
        known = self._selector.get_map().get(fd)
        if known is None:
            self._selector.register(fd, events, ready)
        elif known.events != events or known.data is not ready:
            self._selector.modify(fd, events, ready)

    def forget(self, fd: int) -> None:
        """Stop watching `fd`. Call it before closing the descriptor."""
        if fd >= 0 and fd in (self._selector.get_map() or ()):
            self._selector.unregister(fd)

    def later(self, delay_s: float, action: Callable[[], None]) -> Timer:
        """Call `action` once, `delay_s` seconds from now."""
        timer = Timer(self.now() + delay_s, action)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        return timer

    def post(self, action: Callable[[], None]) -> None:
        """Call `action` soon, in the loop. The one method that any thread may call."""
        self._posted.append(action)
        self._wake()

    def run(self) -> None:
        """Until `stop`."""
        self._is_running = True
        while self._is_running:
            self.turn(self._patience())

    def stop(self) -> None:
        """Leave `run` after what is being done now."""
        self._is_running = False
        self._wake()

    def turn(self, patience_s: float | None) -> None:
        """Wait at most `patience_s` (None: for ever), then do all that is due."""
        for key, _ in self._selector.select(patience_s):
            if key.fd in self._selector.get_map():  # not forgotten by the one before
                key.data()
        for _ in range(len(self._posted)):
            self._posted.popleft()()
        now = self.now()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if timer.action is not None:
                timer.action()

    def on_terminate(self, action: Callable[[], None]) -> None:
        """Call `action` in the loop on SIGTERM or SIGINT. Main thread only."""
        for number in _SIGNALS:
            signal.signal(number, lambda *_: self.post(action))
        self._has_signals = True
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)

    def close(self) -> None:
        """Give the descriptors back."""
        if self._has_signals:
            signal.set_wakeup_fd(-1)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._wake_write = -1

    def _patience(self) -> float | None:
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)
        if self._posted:
            return 0.0
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - self.now())

    def _wake(self) -> None:
        # Full: it will wake anyway. Closed: a late thread has nobody left to tell.
        with suppress(OSError):
            os.write(self._wake_write, b"\0")

    def _drain_wakes(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._wake_read, 512):
                pass
