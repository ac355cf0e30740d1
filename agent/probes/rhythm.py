"""When a probe looks closer: what a look costs (light, noise, wear) is not paid every minute."""

from agent.probe import Context

#: The last half hour before opening is time enough to send for somebody.
AHEAD_S = 1800.0


class Rhythm:
    """Every `period_s`, once shortly before opening, and whenever asked; never in a session.

    `period_s` None: only before opening and when asked. Times are of the monotonic clock.
    """

    def __init__(self, period_s: float | None, ahead_s: float = AHEAD_S) -> None:
        self._period_s, self._ahead_s = period_s, ahead_s
        self._last: float | None = None
        self._was_ahead = False

    def is_due(self, context: Context, now: float) -> bool:
        """Whether to look closer now; a yes counts as the look."""
        if context.in_session:
            return False
        is_ahead = context.opens_in_s is not None and context.opens_in_s <= self._ahead_s
        due = context.is_deep or (is_ahead and not self._was_ahead) or self._has_passed(now)
        self._was_ahead = is_ahead
        if due:
            self._last = now
        return due

    def _has_passed(self, now: float) -> bool:
        if self._period_s is None:
            return False
        return self._last is None or now >= self._last + self._period_s
