"""The durable queue, on a real file."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from agent.spool import Rank, Spool
from agent.store import Store, open_store
from contract.commands import CommandState
from contract.errors import MessageError
from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Outcome, Report, decode
from contract.topics import Channel
from tests.agents import BOOT, NOON, report

PLENTY = 1_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "agent.db")
    yield opened
    opened.close()


def notes(spool: Spool) -> list[str]:
    """The notes of all pending reports, in order."""
    entries = (spool.load(seq) for seq, _ in spool.pending(0, 10_000))
    reports = (cast(Report, decode(entry.channel, entry.payload)) for entry in entries if entry)
    return [str(one.devices[0].facts["note"]) for one in reports if isinstance(one, Report)]


def test_messages_are_numbered_from_one_without_a_hole(store: Store) -> None:
    spool = Spool(store, PLENTY)
    assert [spool.push(report(), Rank.CHANGE) for _ in range(3)] == [1, 2, 3]


def test_a_number_is_never_given_twice_even_when_all_is_committed(store: Store) -> None:
    spool = Spool(store, PLENTY)
    spool.push(report(), Rank.CHANGE)
    spool.committed(1)
    assert spool.push(report(), Rank.CHANGE) == 2


def test_epoch_and_numbers_survive_a_restart(tmp_path: Path) -> None:
    first = Spool(open_store(tmp_path / "agent.db"), PLENTY)
    first.push(report("before"), Rank.CHANGE)
    first.store.close()
    second = Spool(open_store(tmp_path / "agent.db"), PLENTY)
    assert (second.epoch, second.last_seq, notes(second)) == (first.epoch, 1, ["before"])
    second.store.close()


def test_a_message_is_sent_with_the_floor_of_the_day(store: Store) -> None:
    spool = Spool(store, PLENTY)
    for _ in range(3):
        spool.push(report(), Rank.CHANGE)
    spool.committed(2)
    entry = spool.load(3)
    assert entry is not None
    sent = cast(Report, decode(entry.channel, entry.payload))
    assert (sent.epoch, sent.seq, sent.floor) == (spool.epoch, 3, 3)


def test_a_full_spool_drops_the_oldest_numbers_before_any_change(store: Store) -> None:
    spool = Spool(store, 5 * 400)
    spool.push(report("change"), Rank.CHANGE)
    for number in range(20):
        spool.push(report(f"routine {number}"), Rank.ROUTINE)
    kept = notes(spool)
    assert kept[0] == "change"
    assert kept[-1] == "routine 19"
    assert spool.dropped == 21 - len(kept) > 0


def test_a_full_spool_drops_changes_before_any_outcome(store: Store) -> None:
    def outcome(epoch: str, seq: int) -> Outcome:
        return Outcome(
            epoch=epoch,
            seq=seq,
            at=NOON,
            clock_trusted=True,
            boot_id=BOOT,
            command=BOOT,
            state=CommandState.SUCCEEDED,
        )

    spool = Spool(store, 5 * 400)
    spool.push(outcome, Rank.OUTCOME)
    for number in range(20):
        spool.push(report(f"change {number}"), Rank.CHANGE)
    assert spool.summary().pending[Channel.OUTCOME] == 1
    assert notes(spool)[-1] == "change 19"


def test_the_size_on_record_is_that_of_what_is_kept(store: Store) -> None:
    spool = Spool(store, 3_000)
    for number in range(40):
        spool.push(report(str(number)), Rank.CHANGE)
    spool.committed(35)
    counted = store.rows("SELECT sum(length(payload)) FROM outbox")[0][0]
    assert spool.summary().size_bytes == counted > 0


def test_old_numbers_are_forgotten_but_no_old_change(store: Store) -> None:
    spool = Spool(store, PLENTY)
    spool.push(report("old numbers"), Rank.ROUTINE)
    spool.push(report("old change"), Rank.CHANGE)
    spool.push(report("new numbers", at=NOON + timedelta(days=1)), Rank.ROUTINE)
    spool.forget_routine(before=NOON + timedelta(hours=1))
    assert notes(spool) == ["old change", "new numbers"]


def test_what_a_dead_clock_has_dated_is_not_forgotten_for_its_age(store: Store) -> None:
    spool = Spool(store, PLENTY)
    spool.push(report("in 1970", at=NOON.replace(year=1970), is_trusted=False), Rank.ROUTINE)
    spool.forget_routine(before=NOON)
    assert notes(spool) == ["in 1970"]


def test_a_message_that_breaks_the_contract_is_refused_and_uses_no_number(store: Store) -> None:
    def wrong(epoch: str, seq: int) -> Report:
        devices = (DeviceState("No such id!", "system", Health.OK),)
        return Report(
            epoch=epoch,
            seq=seq,
            at=NOON,
            clock_trusted=True,
            boot_id=BOOT,
            is_full=True,
            devices=devices,
            verdict=Verdict(Readiness.READY),
        )

    spool = Spool(store, PLENTY)
    with pytest.raises(MessageError):
        spool.push(wrong, Rank.CHANGE)
    assert spool.push(report(), Rank.CHANGE) == 1


def test_a_spoilt_message_is_dropped_and_counted(store: Store) -> None:
    spool = Spool(store, PLENTY)
    spool.push(report("spoilt"), Rank.CHANGE)
    spool.push(report("good"), Rank.CHANGE)
    store.rows("UPDATE outbox SET payload = x'00' WHERE seq = 1")
    assert notes(spool) == ["good"]
    assert spool.dropped == 1


def test_a_new_epoch_keeps_what_is_pending_and_numbers_it_from_one(store: Store) -> None:
    spool = Spool(store, PLENTY)
    for note in "abc":
        spool.push(report(note), Rank.CHANGE)
    spool.committed(1)
    old = spool.epoch
    spool.renew()
    assert spool.epoch != old
    assert (notes(spool), spool.push(report("d"), Rank.CHANGE)) == (["b", "c"], 3)


def test_72_hours_offline_fit_the_smallest_outbox_that_can_be_configured(store: Store) -> None:
    from agent.configfile import MIN_OUTBOX_BYTES

    busy = DeviceState(
        "camera",
        "camera",
        Health.FAILED,
        ("not-connected",),
        {f"metric_{number}": 1234.5 for number in range(12)},
        {f"fact_{number}": "x" * 40 for number in range(12)},
    )

    def crowded(epoch: str, seq: int) -> Report:
        return Report(
            epoch=epoch,
            seq=seq,
            at=NOON,
            clock_trusted=True,
            boot_id=BOOT,
            is_full=True,
            devices=tuple(
                DeviceState(f"{busy.id}-{n}", busy.kind, busy.health, busy.reasons, busy.metrics)
                for n in range(20)
            ),
            verdict=Verdict(Readiness.READY),
        )

    spool = Spool(store, MIN_OUTBOX_BYTES)
    with store.transaction():  # one disk synchronisation for the test's sake
        for _ in range(72):
            spool.push(crowded, Rank.ROUTINE)
            for _ in range(12):
                spool.push(report("change"), Rank.CHANGE)
    assert spool.dropped == 0
    assert len(spool.pending(0, 10_000)) == 72 * 13
