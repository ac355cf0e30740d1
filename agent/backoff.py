"""How long to wait before trying again: longer each time, capped, never in step with others."""

from agent.chance import chance

CAP_S = 60.0
#: A connection that held this long was a good one.
STABLE_S = 30.0


class Backoff:
    """Counts attempts since the last good connection."""

    def __init__(self, cap_s: float = CAP_S) -> None:
        self._cap_s = cap_s
        self.attempts = 0

    def next_s(self) -> float:
        """The next wait: half to all of 1, 2, 4, ... seconds."""
        whole = min(self._cap_s, 2.0 ** min(self.attempts, 16))
        self.attempts += 1
        return whole * (0.5 + 0.5 * chance())

    def held(self, seconds: float) -> None:
        """A connection held so long: begin anew if that was good."""
        if seconds >= STABLE_S:
            self.attempts = 0
