"""The file itself: damaged, of another version, and all or nothing."""

import logging
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from agent.errors import StoreError
from agent.spool import Rank, Spool
from agent.store import Store, open_store
from tests.agents import report


def test_a_corrupt_file_is_set_aside_and_a_new_epoch_begun(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "agent.db"
    first = open_store(path)
    old = first.epoch
    first.close()
    path.write_bytes(b"not a database at all" * 500)
    store = open_store(path)
    kept = list(tmp_path.glob("agent.db.corrupt-*"))
    assert store.epoch != old
    assert [one.read_bytes()[:3] for one in kept] == [b"not"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    store.close()


def test_a_file_damaged_in_the_middle_is_set_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    spool = Spool(open_store(path), 10_000_000)
    with spool.store.transaction():
        for _ in range(500):
            spool.push(report("x" * 200), Rank.CHANGE)
    spool.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    spool.store.close()
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3 : 2 * len(raw) // 3] = b"\xff" * (2 * len(raw) // 3 - len(raw) // 3)
    path.write_bytes(raw)
    store = open_store(path)
    assert Spool(store, 1000).last_seq == 0
    store.close()


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    store = open_store(path)
    store.rows("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(StoreError, match="format 99, must be 2"):
        open_store(path)
    assert not list(tmp_path.glob("*.corrupt-*"))


def test_a_file_of_the_first_version_is_taken_further_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    first = open_store(path)
    Spool(first, 10_000).push(report("before"), Rank.CHANGE)
    epoch = first.epoch
    # Version 1 was without this table.
    first.rows("DROP TABLE attempts")
    first.rows("PRAGMA user_version = 1")
    first.close()
    store = open_store(path)
    spool = Spool(store, 10_000)
    kept = spool.load(1)
    assert store.epoch == epoch
    assert kept is not None
    assert b'"before"' in kept.payload
    assert store.rows("SELECT count(*) FROM attempts")[0][0] == 0
    assert store.rows("PRAGMA user_version")[0][0] == 2
    store.close()


def test_a_step_cut_short_is_taken_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    open_store(path).close()
    with sqlite3.connect(path) as torn:
        torn.executescript("DROP TABLE attempts; PRAGMA user_version = 1;")
        # What a power cut leaves of the step: nothing, for it is one transaction.
        torn.executescript("BEGIN; CREATE TABLE attempts (id); ROLLBACK;")
    torn.close()
    store = open_store(path)
    assert store.rows("PRAGMA user_version")[0][0] == 2
    store.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "agent.db")
    spool = Spool(store, 10_000)
    with suppress(RuntimeError), store.transaction():
        spool.push(report(), Rank.CHANGE)
        raise RuntimeError
    assert spool.is_empty
    assert spool.push(report(), Rank.CHANGE) == 1
    store.close()


def test_another_process_may_read_while_the_agent_writes(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    spool = Spool(open_store(path), 10_000)
    spool.push(report(), Rank.CHANGE)
    reader = Store(path, is_readonly=True)
    spool.push(report(), Rank.CHANGE)
    assert Spool(reader, 10_000).summary().pending == {"report": 2}
    reader.close()
    spool.store.close()


def test_importing_the_store_does_not_import_the_network() -> None:
    code = "import agent.store, sys; print('ssl' in sys.modules, 'paho' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]
