"""A limit with two bounds, so that a value wavering at it makes one change and not a hundred."""

from collections.abc import Collection, Iterable

from msgspec import Struct


class Limit(Struct, frozen=True):
    """Gives `reason` from `enters` on, until the value is back beyond `leaves`.

    A limit whose `enters` is below its `leaves` is a floor, otherwise a ceiling.

    >>> hot = Limit("temperature-high", enters=85, leaves=80)
    >>> hot.is_past(86, False), hot.is_past(82, True), hot.is_past(82, False)
    (True, True, False)
    >>> low = Limit("storage-low", enters=10, leaves=12)
    >>> low.is_past(9, False), low.is_past(11, True), low.is_past(11, False)
    (True, True, False)
    """

    reason: str
    enters: float
    leaves: float

    def is_past(self, value: float, was_past: bool) -> bool:
        """Whether `value` breaks the limit, given whether it did before."""
        bound = self.leaves if was_past else self.enters
        return value <= bound if self.enters < self.leaves else value >= bound


def broken(measured: Iterable[tuple[Limit, float | None]], before: Collection[str]) -> list[str]:
    """Reasons of the limits that are broken; a value of None breaks none.

    >>> broken([(Limit("rtt-high", 150, 130), 200.0), (Limit("loss-high", 1, 0.5), None)], ())
    ['rtt-high']
    """
    return [
        limit.reason
        for limit, value in measured
        if value is not None and limit.is_past(value, limit.reason in before)
    ]
