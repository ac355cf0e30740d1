"""What the history of the fleet costs to keep: bytes of disk for a day of one kiosk."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import TruncDate

from controller.fleet.models import (
    Device,
    DeviceEvent,
    Reading,
    Resolution,
    Series,
    Session,
    StateChange,
    Status,
)
from controller.ingest.models import Received


@dataclass(frozen=True, slots=True)
class Cost:
    """One table with its indexes; `days` are kiosk-days in it, None where time adds no rows."""

    table: str
    rows: int
    size_bytes: int
    days: int | None

    @property
    def bytes_per_kiosk_day(self) -> float | None:
        """None where time costs nothing, or nothing is stored yet."""
        return self.size_bytes / self.days if self.days else None


def costs() -> Iterator[Cost]:
    """Each table of the fleet's state and history, in one look through the database."""
    yield _cost(Status, None)
    yield _cost(Device, None)
    yield _cost(StateChange, _days(StateChange.objects.all(), "received_at"))
    yield _cost(DeviceEvent, _days(DeviceEvent.objects.all(), "received_at"))
    yield _cost(Session, _days(Session.objects.all(), "received_at"))
    yield _cost(Received, _days(Received.objects.all(), "received_at"))
    yield _cost(Series, None)
    yield _cost(Reading, _reading_days())


def _cost(model: type[models.Model], days: int | None) -> Cost:
    table = model._meta.db_table
    return Cost(table, model._default_manager.count(), _bytes(table), days)


def _days(rows: "models.QuerySet[models.Model]", column: str) -> int:
    days = rows.order_by().annotate(day=TruncDate(column)).values("kiosk", "day").distinct()
    return int(days.count())


def _reading_days() -> int:
    hours = Reading.objects.filter(resolution=Resolution.HOUR).order_by()
    days = hours.annotate(day=F("start") / int(Resolution.DAY)).values("series__kiosk", "day")
    return int(days.distinct().count())


def _bytes(table: str) -> int:
    """With indexes and overflow. SQLite counts its pages (sqlite.org/dbstat.html)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        else:
            cursor.execute(
                "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate = TRUE AND name IN"
                " (SELECT name FROM sqlite_master WHERE tbl_name = %s)",
                [table],
            )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
