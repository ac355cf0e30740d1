"""From reports as they came to hourly readings, each report once.

A row keeps the id up to which reports are counted, and moves in the transaction that counts them.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction

from contract.messages import Durable, Report
from contract.topics import Channel
from controller.fleet.models import Resolution
from controller.fleet.readings import Buckets, Place, hour_of, merge
from controller.ingest.fold import CLOCK_LEEWAY
from controller.ingest.models import Received, Rollup

_log = logging.getLogger("vigie.worker")

#: Messages in one transaction: some 30 ms of SQLite's only writer.
BIT = 200
#: No outbox holds more; also keeps far years, which no time zone can turn to UTC, at the door.
OLDEST = timedelta(days=366)
_ROW = 1  # the id of Rollup's one row

_decode = msgspec.json.Decoder(Report).decode


@dataclass(frozen=True, slots=True)
class Bit:
    """Messages with ids above `start` up to `reached`, gathered; those up to `end` are waiting."""

    start: int
    reached: int
    end: int
    buckets: Buckets


def roll_up(size: int = BIT) -> bool:
    """Count up to `size` messages into hourly readings; whether there are more."""
    bit = gather(size)
    if bit is None:
        return False
    count(bit)
    return bit.reached < bit.end


def gather(size: int) -> Bit | None:
    """The next messages to count; None when there are none."""
    start = counted()
    end = _end(start)
    if end <= start:
        return None
    rows = list(
        Received.objects.filter(id__gt=start, id__lte=end)
        .order_by("id")
        .values_list("id", "kiosk_id", "channel", "received_at", "payload")[:size]
    )
    buckets = Buckets()
    for _, kiosk, channel, received_at, payload in rows:
        if channel == Channel.REPORT:
            _add(buckets, kiosk, bytes(payload), received_at)
    return Bit(start, rows[-1][0] if rows else end, end, buckets)


@transaction.atomic
def count(bit: Bit) -> bool:
    """Count a bit; False when another worker has counted from there since."""
    moved = Rollup.objects.filter(pk=_ROW, up_to=bit.start).update(up_to=bit.reached)
    if moved:
        merge(bit.buckets, Resolution.HOUR)
    return bool(moved)


def counted() -> int:
    """The id of Received up to which all is counted."""
    return Rollup.objects.get_or_create(pk=_ROW)[0].up_to


def measured_at(message: Durable, received_at: datetime) -> datetime:
    """When to count a message: by the kiosk's clock, unless that is doubtful."""
    earliest, latest = received_at - OLDEST, received_at + CLOCK_LEEWAY
    is_credible = message.clock_trusted and earliest <= message.at <= latest
    return message.at if is_credible else received_at


def _end(start: int) -> int:
    """The highest id below which no row can still appear.

    SQLite has one writer, so ids appear in order. In PostgreSQL an ingest that began earlier may
    commit a lower id later: waiting for a SHARE lock waits for those, and delays the next a moment.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE ingest_received IN SHARE MODE")
        cursor.execute("SELECT max(id) FROM ingest_received WHERE id > %s", [start])
        row = cursor.fetchone()
    return int(row[0]) if row and row[0] is not None else start


def _add(buckets: Buckets, kiosk: str, payload: bytes, received_at: datetime) -> None:
    try:
        report = _decode(payload)
    except msgspec.MsgspecError:  # it was readable when it came: an older release took more
        _log.warning("a stored report of %s cannot be read any more, not counted", kiosk)
        return
    hour = hour_of(measured_at(report, received_at))
    for device in report.devices:
        for metric, value in device.metrics.items():
            buckets.add(Place(kiosk, device.id, metric, hour), value)
