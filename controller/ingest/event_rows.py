"""Events and the visits they tell of, written in the transaction of the batch they came in."""

from collections.abc import Sequence
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from controller.fleet.models import Ending
from controller.ingest.events import Happened, Visit, visits
from controller.ingest.stamps import Stamp, stamp
from controller.text import stored_json


def save_events(cursor: CursorWrapper, events: Sequence[Happened], now: datetime) -> None:
    """Store what happened, and bring the sessions up to date."""
    at = stamp(now)
    cursor.executemany(
        "INSERT INTO fleet_deviceevent (kiosk_id, device, name, facts, at, clock_trusted, epoch,"
        " seq, received_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (
                event.kiosk,
                event.device,
                event.name,
                stored_json(event.facts),
                stamp(event.at),
                event.clock_trusted,
                event.epoch,
                event.seq,
                at,
            )
            for event in events
        ],
    )
    told = sorted(visits(events), key=lambda visit: visit[:3])
    _save_visits(cursor, told, at)
    _end_unheard(cursor, told)


def _save_visits(cursor: CursorWrapper, told: Sequence[Visit], at: Stamp) -> None:
    """An end that is known stays known, whatever comes after it."""
    cursor.executemany(
        "INSERT INTO fleet_session (kiosk_id, device, began_at, ended_at, duration_s, ending,"
        " clock_trusted, received_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (kiosk_id, device, began_at) DO UPDATE SET"
        " ended_at = coalesce(excluded.ended_at, fleet_session.ended_at),"
        " duration_s = coalesce(excluded.duration_s, fleet_session.duration_s),"
        " ending = CASE WHEN excluded.ended_at IS NULL"
        " THEN fleet_session.ending ELSE excluded.ending END",
        [
            (
                visit.kiosk,
                visit.device,
                stamp(visit.began_at),
                None if visit.ended_at is None else stamp(visit.ended_at),
                visit.duration_s,
                visit.ending.value,
                visit.clock_trusted,
                at,
            )
            for visit in told
        ],
    )


def _end_unheard(cursor: CursorWrapper, told: Sequence[Visit]) -> None:
    """A visit after which another one began is over, though nobody said when."""
    cursor.executemany(
        "UPDATE fleet_session SET ending = %s WHERE kiosk_id = %s AND device = %s"
        " AND ending = %s AND EXISTS (SELECT 1 FROM fleet_session AS later"
        " WHERE later.kiosk_id = fleet_session.kiosk_id AND later.device = fleet_session.device"
        " AND later.began_at > fleet_session.began_at)",
        [
            (Ending.UNHEARD.value, kiosk, device, Ending.OPEN.value)
            for kiosk, device in sorted({visit[:2] for visit in told})
        ],
    )
