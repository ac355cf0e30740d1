"""Evaluation by turns: read what is new, decide, write. Nothing is kept that the tables lack."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from controller.alerts import generation, kiosk_rows, reading, timers, writing
from controller.alerts.agenda import Agenda
from controller.alerts.alert import Change
from controller.alerts.book import Book
from controller.alerts.engine import decide
from controller.alerts.facts import Rulebook, World

#: All is read anew so often, should anything have escaped.
_RELOAD = timedelta(hours=6)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Overtaken(Exception):  # noqa: N818 - not an error: somebody else wrote first
    """Alerts or settings were written since this turn read them."""


class Evaluator:
    """Holds the fleet as last read, so that a turn reads only what was touched since.

    Whatever it holds can be read again at any time: after a restart, or when another worker or a
    person has written meanwhile, it simply does.
    """

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._world: World | None = None
        self._book = Book()
        self._generation = -1
        self._touched: dict[str, datetime] = {}
        self._mark = _EVER
        self._read_at = _EVER
        self._agenda = Agenda()
        self._apart_due: datetime | None = None

    def turn(self, now: datetime) -> int:
        """One evaluation; the number of alerts that it changed.

        Raises django.db.DatabaseError, with nothing written.
        """
        for _ in range(3):
            try:
                return self._turn(now)
            except (Overtaken, IntegrityError):
                self.forget()
        return 0  # others write all the time: the next turn is soon

    def due(self) -> datetime | None:
        """The next instant at which time alone may change something."""
        found = [at for at in (self._agenda.soonest, self._apart_due) if at is not None]
        return min(found, default=None)

    def forget(self) -> None:
        """Read everything again at the next turn."""
        self._world = None
        self._generation = -1

    def _turn(self, now: datetime) -> int:
        looked_at = self._read(now)
        world = self._world
        if world is None:
            return 0
        looked_at |= self._agenda.take(now)
        if not looked_at and not (self._apart_due is not None and self._apart_due <= now):
            return 0
        try:
            decided = decide(world, self._book, looked_at, now)
            if decided.changes:
                self._write(decided.changes, now)
        except BaseException:
            self.forget()  # the book has gone ahead of the tables
            raise
        self._agenda.note(decided.due)
        ends = [decided.apart_due, timers.quiets(world, now)]
        self._apart_due = min((at for at in ends if at is not None), default=None)
        return len(decided.changes)

    def _read(self, now: datetime) -> set[str]:
        """Read what is new; the kiosks to look at."""
        found = generation.read()
        is_known = self._world is not None and generation.is_successor(found, self._generation)
        if self._world is None or not is_known or now - self._read_at > _RELOAD:
            return self._read_all(found, now)
        if found != self._generation:
            self._read_settings(self._world, found, now)
            return self._read_touched(self._world, now) | set(self._world.kiosks)
        looked_at = self._read_touched(self._world, now)
        if self._apart_due is not None and self._apart_due <= now:
            looked_at |= self._under_quiets(self._world)
        return looked_at

    def _read_all(self, found: int, now: datetime) -> set[str]:
        kept = self._world
        world = World(Rulebook(()), self._zone)
        if kept is not None:
            world.served_since, world.released = kept.served_since, kept.released
        self._read_settings(world, found, now)
        rows = kiosk_rows.kiosks()
        world.kiosks = {name: fact for name, (fact, _) in rows.items()}
        self._touched = {name: at for name, (_, at) in rows.items()}
        self._mark = max(self._touched.values(), default=_EVER)
        self._agenda = Agenda()
        self._world, self._read_at = world, now
        return set(world.kiosks)

    def _read_settings(self, world: World, found: int, now: datetime) -> None:
        given = reading.settings(now)
        world.rules, world.routes = given.rules, given.routes
        world.quiets, world.conditions = given.quiets, given.conditions
        world.deaf_until = given.deaf_until
        self._book = Book(reading.open_alerts())
        self._generation = found

    def _read_touched(self, world: World, now: datetime) -> set[str]:
        since = min(self._mark, now)
        moved = {
            name
            for name, at in kiosk_rows.touched(since).items()
            if self._touched.get(name) != at or at >= now
        }
        if not moved:
            return moved
        for name, (fact, at) in kiosk_rows.kiosks(moved).items():
            old = world.kiosks.get(name)
            if old is not None and fact.is_active and not old.is_active:
                world.served_since[name] = now
            world.kiosks[name] = fact
            self._touched[name] = at
            self._mark = max(self._mark, at)
        return moved

    def _under_quiets(self, world: World) -> set[str]:
        """Those that a silence or maintenance may be about."""
        if not world.quiets:
            return set()
        return {
            name
            for name, kiosk in world.kiosks.items()
            if any(quiet.covers(quiet.rule, quiet.kind, kiosk) for quiet in world.quiets)
        }

    def _write(self, changes: tuple[Change, ...], now: datetime) -> None:
        """All or nothing, and only if nobody wrote since we read."""
        known = {alert.fingerprint: alert.id for alert in self._book.all() if alert.id}
        known |= {change.after.fingerprint: change.after.id for change in changes if change.before}
        with transaction.atomic():
            if not generation.move_from(self._generation):
                raise Overtaken
            ids = writing.write(changes, known, now)
        self._generation += 1
        self._book.stored(ids)


@lru_cache(maxsize=8)
def _evaluator(_database: str, zone: str) -> Evaluator:
    return Evaluator(zone)


def evaluator() -> Evaluator:
    """The one of this process and its database. One thread at a time may use it."""
    return _evaluator(str(connection.settings_dict["NAME"]), settings.TIME_ZONE)


def turn(now: datetime) -> int:
    """One evaluation in one transaction; the number of alerts that it changed."""
    return evaluator().turn(now)


def due() -> datetime | None:
    """The next instant at which time alone may change something; None: never."""
    return evaluator().due()
