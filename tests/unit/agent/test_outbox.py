"""Disk and spare together: nothing lost, nothing twice, in order."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from agent.config import OutboxLimits
from agent.errors import StoreError
from agent.outbox import Key, Outbox
from agent.spool import Rank
from agent.store import Store, open_store
from contract.messages import Report, decode
from tests.agents import report


class Disk:
    """A real store whose disk can be made read-only: SQLite refuses to write, as it would there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: Store | None = None
        self.is_there = True

    def open(self) -> Store:
        if not self.is_there:
            raise StoreError(f"{self._path}: unable to open database file")
        self._store = open_store(self._path)
        return self._store

    def fail(self) -> None:
        assert self._store is not None
        self._store.rows("PRAGMA query_only = on")

    def heal(self) -> None:
        self.is_there = True
        if self._store is not None:
            self._store.rows("PRAGMA query_only = off")


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "agent.db")


@pytest.fixture
def outbox(disk: Disk) -> Iterator[Outbox]:
    opened = Outbox(disk.open, OutboxLimits())
    yield opened
    opened.close()


def notes(outbox: Outbox) -> list[str]:
    return [str(sent(outbox, key).devices[0].facts["note"]) for key in outbox.pending(1000)]


def sent(outbox: Outbox, key: Key) -> Report:
    entry = outbox.load(key)
    assert entry is not None
    return cast(Report, decode(entry.channel, entry.payload))


def test_messages_said_while_the_disk_fails_come_between_those_before_and_after(
    outbox: Outbox, disk: Disk
) -> None:
    outbox.push(report("1 disk"), Rank.CHANGE)
    disk.fail()
    outbox.push(report("2 spare"), Rank.CHANGE)
    outbox.push(report("3 spare"), Rank.CHANGE)
    disk.heal()
    assert outbox.retry_disk()
    outbox.push(report("4 disk"), Rank.CHANGE)
    disk.fail()
    outbox.push(report("5 spare"), Rank.CHANGE)
    assert notes(outbox) == ["1 disk", "2 spare", "3 spare", "4 disk", "5 spare"]


def test_each_epoch_is_numbered_from_one_without_a_hole(outbox: Outbox, disk: Disk) -> None:
    outbox.push(report(), Rank.CHANGE)
    disk.fail()
    outbox.push(report(), Rank.CHANGE)
    disk.heal()
    outbox.retry_disk()
    outbox.push(report(), Rank.CHANGE)
    keys = outbox.pending(10)
    disk_epoch, spare_epoch = keys[0].epoch, keys[1].epoch
    assert [key for key in keys if key.epoch == disk_epoch] == [(disk_epoch, 1), (disk_epoch, 2)]
    assert [key for key in keys if key.epoch == spare_epoch] == [(spare_epoch, 1)]


def test_a_failing_disk_is_said_once_and_so_is_its_return(
    outbox: Outbox, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.fail()
    for _ in range(3):
        outbox.push(report(), Rank.CHANGE)
        outbox.retry_disk()
    disk.heal()
    outbox.retry_disk()
    outbox.retry_disk()
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


def test_what_was_on_disk_drains_while_the_disk_takes_no_writes(outbox: Outbox, disk: Disk) -> None:
    for note in "abc":
        outbox.push(report(note), Rank.CHANGE)
    disk.fail()
    outbox.committed(outbox.pending(1)[0].epoch, 2)
    assert notes(outbox) == ["c"]
    disk.heal()
    outbox.retry_disk()
    assert notes(outbox) == ["c"]


def test_a_disk_that_is_not_there_at_the_start_is_taken_up_later(disk: Disk) -> None:
    disk.is_there = False
    outbox = Outbox(disk.open, OutboxLimits())
    outbox.push(report("1 spare"), Rank.CHANGE)
    disk.heal()
    assert outbox.retry_disk()
    outbox.push(report("2 disk"), Rank.CHANGE)
    assert notes(outbox) == ["1 spare", "2 disk"]
    outbox.close()


def test_the_backlog_of_an_earlier_life_comes_before_what_the_spare_still_holds(
    disk: Disk,
) -> None:
    earlier = Outbox(disk.open, OutboxLimits())
    earlier.push(report("0 backlog"), Rank.CHANGE)
    earlier.close()
    disk.is_there = False
    outbox = Outbox(disk.open, OutboxLimits())
    outbox.push(report("1 spare"), Rank.CHANGE)
    disk._store = None
    disk.heal()
    outbox.retry_disk()
    assert notes(outbox) == ["0 backlog", "1 spare"]
    outbox.close()


def test_without_a_disk_nothing_is_written_down_before_it_is_done(
    outbox: Outbox, disk: Disk
) -> None:
    disk.fail()
    with pytest.raises(StoreError):
        outbox.push_on_disk(report(), Rank.OUTCOME)
    assert outbox.is_empty


def test_what_is_done_along_with_a_message_is_undone_with_it(outbox: Outbox) -> None:
    def fail() -> None:
        outbox.disk().rows("INSERT INTO no_such_table VALUES (1)")

    with pytest.raises(StoreError):
        outbox.push_on_disk(report(), Rank.OUTCOME, also=fail)
    assert outbox.is_empty


def test_an_acknowledgement_of_another_epoch_forgets_nothing(outbox: Outbox) -> None:
    outbox.push(report("kept"), Rank.CHANGE)
    outbox.committed("f" * 16, 99)
    assert notes(outbox) == ["kept"]


def test_a_disk_older_than_what_was_sent_from_it_begins_a_new_epoch(outbox: Outbox) -> None:
    outbox.push(report("kept"), Rank.CHANGE)
    old = outbox.pending(1)[0].epoch
    outbox.committed(old, 500)
    key = outbox.pending(1)[0]
    assert (key.epoch != old, key.seq, notes(outbox)) == (True, 1, ["kept"])


def test_a_message_that_breaks_the_contract_harms_nobody(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    good = report()
    outbox.push(lambda epoch, seq: good("not an epoch", seq), Rank.CHANGE)
    outbox.push(good, Rank.CHANGE)
    assert [key.seq for key in outbox.pending(10)] == [1]
    assert "breaks the contract" in caplog.text


def test_dropping_is_said_once(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(disk.open, OutboxLimits(max_bytes=1000))
    for _ in range(20):
        outbox.push(report(), Rank.CHANGE)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    outbox.close()


def test_a_file_spoilt_under_way_is_set_aside_and_nothing_new_is_lost(
    outbox: Outbox, tmp_path: Path
) -> None:
    for _ in range(200):
        outbox.push(report("x" * 300), Rank.CHANGE)
    store = outbox.disk()
    store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    store.rows("PRAGMA shrink_memory")
    path = tmp_path / "agent.db"
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    outbox.push(report("after"), Rank.CHANGE)
    assert outbox.retry_disk()
    assert "after" in notes(outbox)
    assert list(tmp_path.glob("*.corrupt-*"))
