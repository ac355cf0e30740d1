"""Which of several workers leads. The lock goes with its holder, however he ends."""

import fcntl
from pathlib import Path
from typing import IO, Protocol

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


class Leadership(Protocol):
    """At most one process has it."""

    def is_held(self) -> bool:
        """Whether this process leads, taking the lead where nobody has it. Never waits."""
        ...

    def release(self) -> None:
        """Let another lead."""
        ...


class FileLock:
    """For SQLite, whose workers are all on one machine: a lock on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def is_held(self) -> bool:
        """Raises OSError when the file cannot be made."""
        if self._file is None:
            file = self._path.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._file = file
        return True

    def release(self) -> None:
        """Closing the file frees it."""
        if self._file is not None:
            self._file.close()
            self._file = None


class AdvisoryLock:
    """For PostgreSQL: a lock of a session of its own, lost when that connection is."""

    _KEY = 0x76696769  # "vigi"

    def __init__(self, own: BaseDatabaseWrapper) -> None:
        self._connection = own
        self._has_lock = False

    def is_held(self) -> bool:
        """Raises django.db.Error when the database cannot be asked; the lead is lost then."""
        was_held, self._has_lock = self._has_lock, False
        try:
            with self._connection.cursor() as cursor:
                if was_held:
                    cursor.execute("SELECT true")
                else:
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._KEY])
                row = cursor.fetchone()
        except BaseException:
            self._connection.close()
            raise
        self._has_lock = bool(row and row[0])
        return self._has_lock

    def release(self) -> None:
        """Closing the session frees it."""
        self._has_lock = False
        self._connection.close()


def leadership(home: Path) -> Leadership:
    """The lock that suits the database in use."""
    if connection.vendor == "postgresql":
        return AdvisoryLock(connection.copy())
    return FileLock(home / "worker.lock")
