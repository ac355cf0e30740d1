"""How often a caller may call: so many at once, then so many a minute.

Each web process counts for itself, in memory: with three of them a caller gets up to three times as
many. A count shared by all would cost a write a request. What guards passwords and tokens from
being guessed is another matter, and is in the database (controller.accounts.throttle).
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

MAX_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket of `burst` calls, filled again with `per_minute`."""

    burst: int
    per_minute: int


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Limits:
    """The buckets of the latest callers."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str, now: float) -> float:
        """Count a call at `now`, in monotonic seconds; how long to wait, 0 when it may go on."""
        with self._lock:
            bucket = self._buckets.pop(caller, None) or _Bucket(self._rate.burst, now)
            self._buckets[caller] = bucket
            if len(self._buckets) > MAX_CALLERS:
                self._buckets.popitem(last=False)
            per_s = self._rate.per_minute / 60
            bucket.left = min(self._rate.burst, bucket.left + (now - bucket.at) * per_s)
            bucket.at = now
            if bucket.left < 1:
                return (1 - bucket.left) / per_s
            bucket.left -= 1
            return 0.0
