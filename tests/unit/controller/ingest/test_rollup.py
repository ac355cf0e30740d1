"""Reports as they came become readings, each once, and go when they are old."""

from datetime import UTC, datetime, timedelta

import pytest

from contract.health import DeviceState, Health, Readiness, Verdict
from contract.messages import Report, encode
from contract.topics import Channel
from controller.config import Retention
from controller.fleet.models import Kiosk, Reading
from controller.ingest.models import Gap, Received, Rejected, Rollup
from controller.ingest.retention import forget
from controller.ingest.rollup import count, gather, roll_up
from controller.ingest.storage import costs
from tests import fleets

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def kiosk() -> Kiosk:
    return fleets.kiosk()


def receive(
    kiosk: Kiosk,
    seq: int,
    value: float = 1.0,
    *,
    at: datetime = NOON,
    received_at: datetime = NOON,
    clock_trusted: bool = True,
) -> Received:
    report = Report(
        epoch=fleets.EPOCH,
        seq=seq,
        at=at,
        clock_trusted=clock_trusted,
        boot_id="boot-1",
        is_full=True,
        devices=(DeviceState("system", "system", Health.OK, (), {"cpu_percent": value}),),
        verdict=Verdict(Readiness.READY),
    )
    return keep(kiosk, seq, encode(report), received_at=received_at)


def keep(
    kiosk: Kiosk,
    seq: int,
    payload: bytes,
    *,
    channel: Channel = Channel.REPORT,
    received_at: datetime = NOON,
) -> Received:
    return Received.objects.create(
        kiosk=kiosk,
        epoch=fleets.EPOCH,
        seq=seq,
        channel=channel,
        received_at=received_at,
        payload=payload,
    )


def readings() -> list[tuple[datetime, float, int]]:
    return [
        (datetime.fromtimestamp(row.start, UTC), row.mean, row.count)
        for row in Reading.objects.order_by("start")
    ]


def test_reports_of_an_hour_become_one_reading_a_metric(kiosk: Kiosk) -> None:
    for seq, value in enumerate((1.0, 2.0, 6.0), start=1):
        receive(kiosk, seq, value)
    assert not roll_up()
    assert readings() == [(NOON, 3.0, 3)]


def test_each_report_counts_once_however_often_it_is_looked_at(kiosk: Kiosk) -> None:
    receive(kiosk, 1)
    roll_up()
    receive(kiosk, 2, 3.0)
    roll_up()
    roll_up()
    assert readings() == [(NOON, 2.0, 2)]


def test_a_worker_that_was_overtaken_counts_nothing_twice(kiosk: Kiosk) -> None:
    receive(kiosk, 1)
    mine, others = gather(10), gather(10)
    assert mine is not None
    assert others is not None
    assert count(others)
    assert not count(mine)
    assert readings() == [(NOON, 1.0, 1)]


def test_it_goes_by_the_bit(kiosk: Kiosk) -> None:
    for seq in range(1, 6):
        receive(kiosk, seq)
    assert roll_up(size=3)
    assert not roll_up(size=3)
    assert readings() == [(NOON, 1.0, 5)]


def test_what_was_measured_offline_goes_into_its_own_hour(kiosk: Kiosk) -> None:
    receive(kiosk, 1, at=NOON - timedelta(hours=70))
    roll_up()
    assert readings()[0][0] == NOON - timedelta(hours=70)


@pytest.mark.parametrize(
    ("at", "clock_trusted"),
    [
        (NOON - timedelta(days=3000), True),
        (NOON + timedelta(days=3000), True),
        (datetime.fromisoformat("0001-01-01T00:00:00+14:00"), True),
        (NOON - timedelta(hours=9), False),
    ],
)
def test_a_doubtful_clock_is_not_believed(kiosk: Kiosk, at: datetime, clock_trusted: bool) -> None:
    receive(kiosk, 1, at=at, clock_trusted=clock_trusted)
    roll_up()
    assert readings()[0][0] == NOON


def test_an_outcome_or_a_damaged_report_stops_nothing(kiosk: Kiosk) -> None:
    keep(kiosk, 1, b"{}", channel=Channel.OUTCOME)
    keep(kiosk, 2, b"\xff not a report")
    receive(kiosk, 3)
    assert not roll_up()
    assert readings() == [(NOON, 1.0, 1)]


def test_nothing_received_is_nothing_to_do() -> None:
    assert not roll_up()
    assert Rollup.objects.get().up_to == 0


def test_old_messages_go_once_they_are_counted(kiosk: Kiosk) -> None:
    now = NOON + timedelta(days=31)
    receive(kiosk, 1)
    receive(kiosk, 2, received_at=now)
    assert not forget(now, Retention())
    assert Received.objects.count() == 2
    roll_up()
    forget(now, Retention())
    assert list(Received.objects.values_list("seq", flat=True)) == [2]


def test_old_gaps_go_and_rejected_messages_are_bounded(kiosk: Kiosk) -> None:
    for days in (1, 500):
        Gap.objects.create(
            kiosk=kiosk,
            epoch=fleets.EPOCH,
            first=days,
            last=days,
            seen_at=NOON - timedelta(days=days),
        )
    for number in range(8):
        Rejected.objects.create(at=NOON, topic=f"t{number}", payload=b"", error="malformed")
    forget(NOON, Retention(rejected_rows=3))
    assert list(Gap.objects.values_list("first", flat=True)) == [1]
    assert list(Rejected.objects.values_list("topic", flat=True)) == ["t7", "t6", "t5"]


def test_the_cost_of_a_kiosk_day_is_weighed(kiosk: Kiosk) -> None:
    for days in range(4):
        receive(kiosk, days + 1, received_at=NOON + timedelta(days=days))
    by_table = {cost.table: cost for cost in costs()}
    received = by_table["ingest_received"]
    assert (received.rows, received.days) == (4, 4)
    assert received.bytes_per_kiosk_day == received.size_bytes / 4 > 0
    assert by_table["fleet_status"].bytes_per_kiosk_day is None
