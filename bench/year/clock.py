"""The year's own time, told to a process by a file that is replaced whole."""

from datetime import datetime
from pathlib import Path


class FileClock:
    """Both ends: the driver sets it, a process reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self, now: datetime) -> None:
        """From now on it is `now`."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(now.isoformat())
        fresh.replace(self._path)

    def now(self) -> datetime:
        """What was last set."""
        return datetime.fromisoformat(self._path.read_text())
