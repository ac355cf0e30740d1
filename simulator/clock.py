"""The fleet's own time, which may run faster than ours."""

import time
from collections.abc import Callable


class Clock:
    """Seconds since the run began, `speed` of them in each real second.

    >>> real = iter((100.0, 103.0))
    >>> Clock(speed=10, real=lambda: next(real)).now()
    30.0
    """

    def __init__(self, speed: float = 1.0, real: Callable[[], float] = time.monotonic) -> None:
        self._speed, self._real = speed, real
        self._start = real()

    def now(self) -> float:
        """Seconds of the fleet's time."""
        return (self._real() - self._start) * self._speed

    def wait_s(self, duration_s: float) -> float:
        """How long `duration_s` of the fleet's time takes in real seconds."""
        return duration_s / self._speed
