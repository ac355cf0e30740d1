"""What is sent, and sent again, between outbox and link."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import OutboxLimits
from agent.courier import RESEND_CAP_S, WINDOW, Courier
from agent.outbox import Outbox
from agent.spool import Rank
from agent.store import open_store
from contract.messages import Ack, Durable, decode
from contract.topics import Channel
from tests.agents import FakeClock, report


class Road:
    """A courier on a real outbox; what it sends is kept as (seq, floor)."""

    def __init__(self, folder: Path, max_bytes: int = 1_000_000) -> None:
        self.clock = FakeClock()
        limits = OutboxLimits(max_bytes=max_bytes)
        self.outbox = Outbox(lambda: open_store(folder / "agent.db"), limits)
        self.is_up = True
        self.sent: list[tuple[int, int]] = []
        self.courier = Courier(self.outbox, self.send, self.clock.monotonic)

    def send(self, channel: Channel, payload: bytes) -> bool:
        message = decode(channel, payload)
        if self.is_up and isinstance(message, Durable):
            self.sent.append((message.seq, message.floor))
        return self.is_up

    def push(self, times: int = 1, rank: Rank = Rank.CHANGE) -> None:
        for _ in range(times):
            self.outbox.push(report(), rank)
            self.courier.pump()

    def ack(self, seq: int) -> None:
        self.courier.acknowledged(Ack(self.outbox.disk().epoch, seq))

    def seqs(self) -> list[int]:
        return [seq for seq, _ in self.sent]


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    one = Road(tmp_path)
    yield one
    one.outbox.close()


def test_each_message_is_sent_once_while_it_waits_to_be_committed(road: Road) -> None:
    road.push(3)
    road.courier.pump()
    assert road.seqs() == [1, 2, 3]


def test_nothing_is_sent_while_the_link_is_down_and_all_of_it_after(road: Road) -> None:
    road.is_up = False
    road.push(3)
    road.is_up = True
    road.courier.begin()
    assert road.seqs() == [1, 2, 3]


def test_a_new_connection_sends_again_what_was_not_committed(road: Road) -> None:
    road.push(3)
    road.ack(1)
    road.courier.begin()
    assert road.seqs() == [1, 2, 3, 2, 3]


def test_no_more_than_a_window_is_under_way(road: Road) -> None:
    road.is_up = False
    road.push(WINDOW + 10)
    road.is_up = True
    road.courier.begin()
    assert road.seqs() == list(range(1, WINDOW + 1))
    road.ack(4)
    assert road.seqs()[WINDOW:] == list(range(WINDOW + 1, WINDOW + 5))


def test_what_is_not_committed_in_time_is_sent_again_ever_more_slowly(road: Road) -> None:
    road.push()
    times: list[float] = []
    for _ in range(3600):
        road.clock.advance(1)
        before = len(road.sent)
        road.courier.pump()
        if len(road.sent) > before:
            times.append(road.clock.elapsed)
    assert times[:3] == [60, 180, 420]
    assert times[-1] - times[-2] == RESEND_CAP_S


def test_a_hole_left_by_dropping_is_told_to_a_controller_that_waits_for_it(
    tmp_path: Path,
) -> None:
    road = Road(tmp_path, max_bytes=3 * 350)
    road.push(1, Rank.CHANGE)
    road.push(1, Rank.ROUTINE)
    road.push(2, Rank.CHANGE)  # seq 2 no longer fits
    kept = [key.seq for key in road.outbox.pending(10)]
    assert kept == [1, 3, 4]
    road.ack(1)
    assert road.sent[-1] == (3, 3)
    road.outbox.close()
