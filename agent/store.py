"""The one SQLite file in which outbox and journal survive a power cut at any instant."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.errors import CorruptError, StoreError

log = logging.getLogger(__name__)

_VERSION = 2
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    rank INTEGER NOT NULL,
    after INTEGER NOT NULL,
    at REAL,
    payload BLOB NOT NULL
);
CREATE INDEX outbox_rank ON outbox (rank, seq);
CREATE TABLE journal (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    args BLOB NOT NULL,
    state TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    began_at REAL NOT NULL,
    before BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', '{epoch}'), ('bytes', 0), ('dropped', 0);
CREATE TRIGGER outbox_grows AFTER INSERT ON outbox BEGIN
    UPDATE meta SET value = value + length(new.payload) WHERE key = 'bytes';
END;
CREATE TRIGGER outbox_shrinks AFTER DELETE ON outbox BEGIN
    UPDATE meta SET value = value - length(old.payload) WHERE key = 'bytes';
END;
PRAGMA user_version = 1;
COMMIT;
"""
#: What leads from each version to the next; a new file goes all the way.
_STEPS = {
    1: """
BEGIN IMMEDIATE;
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    rung TEXT NOT NULL,
    aim TEXT NOT NULL,
    state TEXT NOT NULL,
    life TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    uptime_s REAL NOT NULL,
    utc_s REAL,
    is_open INTEGER NOT NULL
);
PRAGMA user_version = 2;
COMMIT;
""",
}
_PROBE_BYTES = 128 * 1024
_CORRUPT = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class Store:
    """An open database. Every method raises StoreError when the disk does not play along."""

    def __init__(self, path: Path | None, *, is_readonly: bool = False) -> None:
        """Open `path` (None: in memory) and make its tables where there are none."""
        self.path = path
        self._depth = 0
        with _translated(path):
            self._db = _connect(path, is_readonly)
            try:
                if not is_readonly:
                    self._prepare()
                self.epoch = str(self.meta("epoch"))
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """All rows of one statement."""
        with _translated(self.path):
            return self._db.execute(sql, values).fetchall()

    def meta(self, key: str) -> Any:
        """One value of the database about itself."""
        return self.rows("SELECT value FROM meta WHERE key = ?", key)[0][0]

    def probe_disk(self) -> None:
        """Prove that the disk takes a write larger than any message, through to the main file."""
        with self.transaction():
            self.rows("INSERT OR REPLACE INTO meta VALUES ('probe', zeroblob(?))", _PROBE_BYTES)
        with self.transaction():
            self.rows("DELETE FROM meta WHERE key = 'probe'")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on disk when it ends. An inner transaction joins the outer one."""
        if self._depth:
            yield
            return
        self.rows("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after a full disk or an I/O error.
            if self._db.in_transaction:
                self._db.rollback()
            raise
        finally:
            self._depth = 0

    def _prepare(self) -> None:
        self._db.execute("PRAGMA cache_size = -256")  # KB, of the default 2000: we are small
        if self.path is not None:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA journal_size_limit = 1048576")
            if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise CorruptError(f"{self.path} is corrupt")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.executescript(_SCHEMA.format(epoch=os.urandom(8).hex()))
            version = 1
        while version in _STEPS:
            self._db.executescript(_STEPS[version])
            version += 1
        if version != _VERSION:
            raise StoreError(
                f"{self.path} has format {version}, must be {_VERSION}: it was written by another "
                "version of the agent; install that one, or move the file away"
            )


def hold(state_dir: Path) -> int | None:
    """Make sure that one agent only uses this folder: a descriptor to keep open.

    None when the disk does not allow to. Raises StoreError when another agent runs there.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(state_dir / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None  # full or read-only: the outbox will say it
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        os.close(fd)
        raise StoreError(f"{state_dir} is in use, must belong to one agent only") from err
    return fd


def open_store(path: Path) -> Store:
    """The store at `path`. A corrupt file is set aside, once said, and a new one begun."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise StoreError(f"{path.parent} cannot be made: {err.strerror}") from err
    try:
        return Store(path)
    except CorruptError as err:
        kept = _set_aside(path)
        log.error("%s; it is kept as %s and a new outbox is begun", err, kept)
        return Store(path)


def _connect(path: Path | None, is_readonly: bool) -> sqlite3.Connection:
    if not is_readonly:
        return sqlite3.connect(path or ":memory:", isolation_level=None)
    return sqlite3.connect(f"{(path or Path()).as_uri()}?mode=ro", uri=True, isolation_level=None)


def _set_aside(path: Path) -> Path:
    """Rename the file (its newest predecessor goes: one is enough to look at)."""
    for old in path.parent.glob(f"{path.name}.corrupt-*"):
        old.unlink(missing_ok=True)
    kept = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    try:
        path.rename(kept)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as err:
        raise StoreError(f"{path} is corrupt and cannot be set aside: {err.strerror}") from err
    return kept


@contextmanager
def _translated(path: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as err:
        kind = CorruptError if getattr(err, "sqlite_errorname", "") in _CORRUPT else StoreError
        raise kind(f"{path or 'memory'}: {err}") from err
