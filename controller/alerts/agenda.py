"""When to look at what again: the soonest first, each name once."""

import heapq
from collections.abc import Mapping
from datetime import datetime


class Agenda:
    """One instant for each name; a later word replaces the earlier one."""

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []

    def note(self, due: Mapping[str, datetime | None]) -> None:
        """When to look at each of these again; None: no more."""
        for name, at in due.items():
            if at is None:
                self._due.pop(name, None)
            elif self._due.get(name) != at:
                self._due[name] = at
                heapq.heappush(self._heap, (at, name))

    @property
    def soonest(self) -> datetime | None:
        """The next instant; None without any."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: datetime) -> set[str]:
        """The names whose time has come; they are on the agenda no more."""
        found = set()
        while (at := self.soonest) is not None and at <= now:
            name = heapq.heappop(self._heap)[1]
            del self._due[name]
            found.add(name)
        return found
