"""Carries the outbox over the link: a window at a time, until the controller has committed it."""

from collections.abc import Callable

from msgspec import Struct

from agent.outbox import Key, Outbox
from contract.messages import Ack
from contract.topics import Channel

WINDOW = 50
#: The broker's PUBACK proves nothing: a full queue acknowledges what it drops. So what the
#: controller has not committed in time is sent again, ever more slowly: it may be down for days.
RESEND_S = 60.0
RESEND_CAP_S = 900.0


class _Sent(Struct, frozen=True):
    at: float
    floor: int
    times: int


class Courier:
    """Sends what is pending, and knows what is under way."""

    def __init__(
        self,
        outbox: Outbox,
        send: Callable[[Channel, bytes], bool],
        now: Callable[[], float],
        resend_s: float = RESEND_S,
    ) -> None:
        self._outbox, self._send, self._now, self._resend_s = outbox, send, now, resend_s
        self._sent: dict[Key, _Sent] = {}

    def begin(self) -> None:
        """A new connection: nothing is under way any more."""
        self._sent.clear()
        self.pump()

    def pump(self) -> None:
        """Send what has not been sent, or not been committed in time."""
        now = self._now()
        keys = self._outbox.pending(WINDOW)
        self._sent = {key: self._sent[key] for key in keys if key in self._sent}
        for key in keys:
            sent = self._sent.get(key)
            if sent is not None and now - sent.at < self._patience_s(sent.times):
                continue
            entry = self._outbox.load(key)
            if entry is None:
                continue
            if not self._send(entry.channel, entry.payload):
                return
            self._sent[key] = _Sent(now, entry.floor, sent.times + 1 if sent else 1)

    def acknowledged(self, ack: Ack) -> None:
        """The controller has committed all of an epoch up to a seq."""
        self._outbox.committed(ack.epoch, ack.seq)
        for key in self._outbox.pending(1):
            sent = self._sent.get(key)
            # It was sent while something below it was pending that was dropped since: the
            # controller waits for that until it hears the new floor.
            if sent is not None and key.seq > ack.seq + 1 and sent.floor < key.seq:
                del self._sent[key]
        self.pump()

    def _patience_s(self, times: int) -> float:
        return min(self._resend_s * 2.0 ** min(times - 1, 16), RESEND_CAP_S)
