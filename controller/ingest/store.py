"""A batch in one transaction: read what it speaks of, fold, write, and say what is committed.

Set-based SQL on the models' schema, the same text for SQLite and PostgreSQL. Nothing is
acknowledged, to the broker or to a kiosk, before `commit` has returned. Rows are locked and written
in the order of kiosks, so that two ingests which share some wait for each other and never cross.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from contract.health import Readiness, Verdict
from contract.messages import Ack, Outcome
from controller.ingest.arrivals import Heard, Unreadable
from controller.ingest.event_rows import save_events
from controller.ingest.fold import Fleet, Known, Live
from controller.ingest.stamps import Stamp, stamp
from controller.ingest.stream import Progress
from controller.text import printable, stored_json

Hear = Callable[[Sequence[tuple[str, Outcome]], datetime], set[str]]

_texts = msgspec.json.Decoder(tuple[str, ...]).decode
_numbers = msgspec.json.Decoder(set[int]).decode


class Store:
    """Commits batches under the name of one ingest process."""

    def __init__(self, name: str, hear: Hear, rejected_rows: int) -> None:
        self._name = name
        self._hear = hear
        self._rejected_rows = rejected_rows

    def commit(
        self, heard: Sequence[Heard], broken: Sequence[Unreadable], now: datetime
    ) -> list[tuple[str, Ack]]:
        """Store a batch; give for each outbox that it spoke of how far that is committed.

        Raises django.db.DatabaseError, with nothing stored.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            names = {item.kiosk for item in heard} | {item.kiosk for item in broken if item.place}
            fleet = _load(cursor, names)
            fleet.fold(heard, broken, now)
            self._save(cursor, fleet, now)
        return [
            (kiosk, Ack(epoch, progress.watermark))
            for (kiosk, epoch), progress in fleet.progress.items()
            if progress.is_spoken_of
        ]

    def _save(self, cursor: CursorWrapper, fleet: Fleet, now: datetime) -> None:
        at = stamp(now)
        _insert_received(cursor, fleet.stored, at)
        _save_progress(cursor, fleet, at)
        _save_devices(cursor, fleet)
        _insert_changes(cursor, fleet, at)
        if fleet.events:
            save_events(cursor, fleet.events, now)
        _save_live(cursor, fleet, at)
        if fleet.outcomes:
            self._hear(fleet.outcomes, now)
        if fleet.rejected:
            self._keep_rejected(cursor, fleet.rejected, at)
        self._count(cursor, fleet, at)

    def _keep_rejected(self, cursor: CursorWrapper, rejected: list[Unreadable], at: Stamp) -> None:
        cursor.executemany(
            "INSERT INTO ingest_rejected (at, topic, payload, error) VALUES (%s, %s, %s, %s)",
            [
                (at, printable(item.topic), item.payload, printable(item.error))
                for item in rejected[-self._rejected_rows :]
            ],
        )
        cursor.execute(
            "DELETE FROM ingest_rejected WHERE id <= (SELECT max(id) FROM ingest_rejected) - %s",
            [self._rejected_rows],
        )

    def _count(self, cursor: CursorWrapper, fleet: Fleet, at: Stamp) -> None:
        cursor.execute(
            "INSERT INTO ingest_tally (name, stored, duplicates, rejected, updated_at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (name) DO UPDATE SET"
            " stored = ingest_tally.stored + excluded.stored,"
            " duplicates = ingest_tally.duplicates + excluded.duplicates,"
            " rejected = ingest_tally.rejected + excluded.rejected,"
            " updated_at = excluded.updated_at",
            [self._name, len(fleet.stored), fleet.duplicates, len(fleet.rejected), at],
        )


def _load(cursor: CursorWrapper, names: set[str]) -> Fleet:
    """What is stored of these kiosks."""
    rows = _rows(cursor, "SELECT id FROM fleet_kiosk WHERE id IN {names}", names)
    fleet = Fleet({row[0] for row in rows})
    lock = "FOR UPDATE" if connection.features.has_select_for_update else ""
    for kiosk, epoch, watermark, ahead in _rows(
        cursor,
        "SELECT kiosk_id, epoch, watermark, ahead FROM ingest_stream"
        " WHERE kiosk_id IN {names} ORDER BY kiosk_id, epoch {lock}",
        fleet.kiosks,
        lock,
    ):
        fleet.progress[kiosk, epoch] = Progress(watermark, _numbers(ahead))
    for kiosk, *row, readiness, because, born_at, reported_at in _rows(
        cursor,
        "SELECT kiosk_id, is_online, session, presence_since, presence_reason, boot_id,"
        " agent_version, clock_trusted, readiness, because, born_at, reported_at"
        " FROM fleet_status WHERE kiosk_id IN {names} ORDER BY kiosk_id {lock}",
        fleet.kiosks,
        lock,
    ):
        is_online, session, since, reason, boot_id, version, clock_trusted = row
        fleet.live[kiosk] = Live(
            bool(is_online), session, _aware(since), reason, boot_id, version,
            Verdict(Readiness(readiness), _texts(because)), bool(clock_trusted),
            _aware(born_at), _aware(reported_at),
        )  # fmt: skip
    for kiosk, device, kind, health, reasons, epoch, seq in _rows(
        cursor,
        "SELECT kiosk_id, device, kind, health, reasons, epoch, seq"
        " FROM fleet_device WHERE kiosk_id IN {names}",
        fleet.kiosks,
    ):
        known = fleet.devices.setdefault(kiosk, {})
        known[device] = Known(kind, health, _texts(reasons), epoch, seq)
    return fleet


def _rows(
    cursor: CursorWrapper, sql: str, names: Iterable[str], lock: str = ""
) -> list[tuple[Any, ...]]:
    """The rows of a query over kiosks; `{names}` stands where their list goes."""
    given = sorted(names)
    if not given:
        return []
    places = ", ".join(["%s"] * len(given))
    cursor.execute(sql.format(names=f"({places})", lock=lock), given)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _aware(at: datetime | None) -> datetime | None:
    """SQLite gives times without their zone, which is UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _insert_received(cursor: CursorWrapper, stored: list[Heard], at: Stamp) -> None:
    cursor.executemany(
        "INSERT INTO ingest_received (kiosk_id, epoch, seq, channel, received_at, payload)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            (
                item.kiosk,
                item.message.epoch,  # type: ignore[union-attr]
                item.message.seq,  # type: ignore[union-attr]
                item.channel.value,
                at,
                item.payload,
            )
            for item in stored
        ],
    )


def _save_progress(cursor: CursorWrapper, fleet: Fleet, at: Stamp) -> None:
    spoken = [entry for entry in sorted(fleet.progress.items()) if entry[1].is_spoken_of]
    cursor.executemany(
        "INSERT INTO ingest_stream (kiosk_id, epoch, watermark, ahead, lost, first_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (kiosk_id, epoch) DO UPDATE SET"
        " watermark = excluded.watermark, ahead = excluded.ahead,"
        " lost = ingest_stream.lost + excluded.lost",
        [
            (
                kiosk,
                epoch,
                progress.watermark,
                stored_json(progress.ahead),
                sum(last - first + 1 for first, last in progress.gaps),
                at,
            )
            for (kiosk, epoch), progress in spoken
        ],
    )
    cursor.executemany(
        "INSERT INTO ingest_gap (kiosk_id, epoch, first, last, seen_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        [
            (kiosk, epoch, first, last, at)
            for (kiosk, epoch), progress in spoken
            for first, last in progress.gaps
        ],
    )


def _save_devices(cursor: CursorWrapper, fleet: Fleet) -> None:
    changed, same = [], []
    for kiosk, devices in sorted(fleet.devices.items()):
        for device, known in sorted(devices.items()):
            state = known.measured
            if state is None or known.measured_at is None:
                continue
            values = (
                stored_json(state.metrics),
                stored_json(state.facts),
                stamp(known.measured_at),
                known.epoch,
                known.seq,
                kiosk,
                device,
            )
            if known.since is None:
                same.append(values)
            else:
                reasons = stored_json(state.reasons)
                changed.append(
                    (*values, state.kind, state.health.value, reasons, stamp(known.since))
                )
    cursor.executemany(
        "UPDATE fleet_device SET metrics = %s, facts = %s, measured_at = %s, epoch = %s, seq = %s"
        " WHERE kiosk_id = %s AND device = %s",
        same,
    )
    cursor.executemany(
        "INSERT INTO fleet_device (metrics, facts, measured_at, epoch, seq, kiosk_id, device,"
        " kind, health, reasons, since)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (kiosk_id, device) DO UPDATE SET metrics = excluded.metrics,"
        " facts = excluded.facts, measured_at = excluded.measured_at, epoch = excluded.epoch,"
        " seq = excluded.seq, kind = excluded.kind, health = excluded.health,"
        " reasons = excluded.reasons, since = excluded.since",
        changed,
    )
    cursor.executemany(
        "DELETE FROM fleet_device WHERE kiosk_id = %s AND device = %s",
        [
            (kiosk, device)
            for kiosk, device in sorted(fleet.removed)
            if device not in fleet.devices[kiosk]  # it may have come back in the same batch
        ],
    )


def _insert_changes(cursor: CursorWrapper, fleet: Fleet, at: Stamp) -> None:
    cursor.executemany(
        "INSERT INTO fleet_statechange (kiosk_id, device, kind, before, after, reasons, at,"
        " clock_trusted, epoch, seq, received_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (
                change.kiosk,
                change.device,
                change.kind,
                change.before,
                change.after,
                stored_json(change.reasons),
                stamp(change.at),
                change.clock_trusted,
                change.epoch,
                change.seq,
                at,
            )
            for change in fleet.changes
        ],
    )


def _save_live(cursor: CursorWrapper, fleet: Fleet, at: Stamp) -> None:
    cursor.executemany(
        "INSERT INTO fleet_status (kiosk_id, is_online, session, presence_since, presence_reason,"
        " boot_id, agent_version, clock_trusted, readiness, because, born_at, reported_at,"
        " inventory, last_heard_at, touched_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '{}', %s, %s)"
        " ON CONFLICT (kiosk_id) DO UPDATE SET is_online = excluded.is_online,"
        " session = excluded.session, presence_since = excluded.presence_since,"
        " presence_reason = excluded.presence_reason, boot_id = excluded.boot_id,"
        " agent_version = excluded.agent_version, clock_trusted = excluded.clock_trusted,"
        " readiness = excluded.readiness, because = excluded.because,"
        " born_at = excluded.born_at, reported_at = excluded.reported_at,"
        " last_heard_at = excluded.last_heard_at, touched_at = excluded.touched_at",
        [
            (
                kiosk,
                live.is_online,
                live.session,
                stamp(live.presence_since) if live.presence_since else None,
                printable(live.presence_reason),
                printable(live.boot_id),
                printable(live.agent_version),
                live.clock_trusted,
                live.verdict.state.value,
                stored_json(live.verdict.because),
                stamp(live.born_at) if live.born_at else None,
                stamp(live.reported_at) if live.reported_at else None,
                at,
                at,
            )
            for kiosk, live in sorted(fleet.live.items())
        ],
    )
    cursor.executemany(
        "UPDATE fleet_status SET inventory = %s WHERE kiosk_id = %s",
        [
            (stored_json(live.inventory), kiosk)
            for kiosk, live in sorted(fleet.live.items())
            if live.inventory is not None
        ],
    )
