"""When to try again. Pure."""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=30)
#: Older news than this helps nobody.
GIVEN_UP_AFTER = timedelta(hours=24)
_SPREAD = 0.2


def next_try(tries: int, created_at: datetime, now: datetime, chance: float) -> datetime | None:
    """When a message is tried again that was tried so often; None: never.

    Doubling from FIRST up to LONGEST, spread by a fifth either way by `chance` in 0..1.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> [next_try(n, noon, noon, 0.5).minute for n in (1, 2, 3, 7, 20)]
    [0, 1, 2, 30, 30]
    >>> next_try(3, noon - timedelta(hours=24), noon, 0.5) is None
    True
    """
    if now - created_at >= GIVEN_UP_AFTER:
        return None
    wait: timedelta = min(FIRST * 2.0 ** min(tries - 1, 10), LONGEST)
    return now + wait * (1 - _SPREAD + 2 * _SPREAD * chance)
