"""What a simulated kiosk keeps until the controller has it."""

from datetime import UTC, datetime

from contract.commands import CommandState
from contract.health import Readiness, Verdict
from contract.messages import Ack, Outcome, Report
from simulator.outbox import RESEND_S, Outbox

AT = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = "00000000000000ab"


def report(epoch: str, seq: int) -> Report:
    verdict = Verdict(Readiness.READY)
    return Report(
        epoch=epoch,
        seq=seq,
        at=AT,
        clock_trusted=True,
        boot_id="b",
        is_full=True,
        devices=(),
        verdict=verdict,
    )


def outcome(epoch: str, seq: int) -> Outcome:
    return Outcome(
        epoch=epoch,
        seq=seq,
        at=AT,
        clock_trusted=True,
        boot_id="b",
        command="00000000-0000-0000-0000-000000000001",
        state=CommandState.ACCEPTED,
    )


def outbox(messages: int = 3, limit: int = 100) -> Outbox:
    made = Outbox(EPOCH, limit)
    for _ in range(messages):
        made.push(report)
    return made


def seqs(box: Outbox, now: float = 0.0) -> list[int]:
    return [message.seq for message in box.due(now)]


def test_messages_are_numbered_from_one_without_a_hole() -> None:
    assert seqs(outbox()) == [1, 2, 3]


def test_what_was_sent_is_not_sent_again_at_once() -> None:
    box = outbox()
    box.sent(1, mid=10, now=0.0)
    assert seqs(box) == [2, 3]


def test_what_reached_the_broker_but_was_never_committed_is_said_again() -> None:
    box = outbox(1)
    box.sent(1, mid=10, now=0.0)
    box.reached(10)
    assert seqs(box, RESEND_S - 1) == []
    assert seqs(box, RESEND_S) == [1]


def test_a_new_connection_says_everything_again_that_is_not_committed() -> None:
    box = outbox()
    for seq in (1, 2, 3):
        box.sent(seq, mid=seq, now=0.0)
    box.committed(Ack(EPOCH, 1))
    box.reconnected()
    assert seqs(box) == [2, 3]


def test_an_ack_forgets_up_to_its_number_and_the_floor_follows() -> None:
    box = outbox()
    box.committed(Ack(EPOCH, 2))
    assert [(message.seq, message.floor) for message in box.due(0.0)] == [(3, 3)]


def test_another_epochs_ack_changes_nothing() -> None:
    box = outbox()
    box.committed(Ack("00000000000000ff", 3))
    assert len(box) == 3


def test_a_full_outbox_drops_the_oldest_report_and_never_an_outcome_before_it() -> None:
    box = Outbox(EPOCH, limit=2)
    box.push(outcome)
    box.push(report)
    box.push(report)
    assert seqs(box) == [1, 3]
