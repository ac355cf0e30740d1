"""Ids of jobs: none is given twice, whoever asks and whatever the clock does."""

import threading
from datetime import UTC, datetime, timedelta

from controller.salt.port import new_jid

_STEP = timedelta(microseconds=1)


class Numbers:
    """One for all that give jobs in a process. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = datetime(1970, 1, 1, tzinfo=UTC)

    def new(self, now: datetime) -> str:
        """An id as Salt forms them, of about now.

        >>> numbers = Numbers()
        >>> now = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
        >>> numbers.new(now), numbers.new(now)
        ('20261201083000000000', '20261201083000000001')
        """
        with self._lock:
            self._last = max(now, self._last + _STEP)
            return new_jid(self._last)
