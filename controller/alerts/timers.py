"""When time alone may change something: the next instant to look again. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from controller.alerts import life
from controller.alerts.alert import Alert, State
from controller.alerts.book import Book
from controller.alerts.facts import KioskFact, World
from controller.alerts.openings import counts_now, reaches
from controller.alerts.rules import Subject, When
from controller.fleet.opening import after_open_seconds


def of_kiosk(world: World, book: Book, kiosk: KioskFact, now: datetime) -> datetime | None:
    """When to look at this kiosk again, should nothing be heard of it."""
    if world.quiet(kiosk, now):
        return None  # the end of a maintenance is a timer of its own
    return _soonest(_of_kiosk(world, book, kiosk, now), now)


def apart(world: World, book: Book, now: datetime) -> datetime | None:
    """When to look again at what belongs to no single kiosk."""
    return _soonest((at for alert in book.apart() for at in _of_alert(world, alert)), now)


def quiets(world: World, now: datetime) -> datetime | None:
    """When the next silence or maintenance begins or ends."""
    return _soonest((at for quiet in world.quiets for at in (quiet.starts_at, quiet.ends_at)), now)


def _of_kiosk(
    world: World, book: Book, kiosk: KioskFact, now: datetime
) -> Iterator[datetime | None]:
    for alert in book.of_kiosk(kiosk.id):
        yield from _of_alert(world, alert)
    if kiosk.is_online:
        heard = max(kiosk.last_heard_at, world.deaf_until or kiosk.last_heard_at)
        for rule in world.rules.of(Subject.SILENCE):
            yield reaches(rule.when, kiosk, heard, rule.for_s, world.zone)
    if not counts_now(When.OPEN, kiosk, now, world.zone) and _may_wait(kiosk):
        yield after_open_seconds(kiosk.hours, now, 0, world.zone)


def _may_wait(kiosk: KioskFact) -> bool:
    """Whether something of it may begin to count when its host opens."""
    return (
        not kiosk.is_online
        or any(device.health != "ok" for device in kiosk.devices)
        or any(device.metrics for device in kiosk.devices)
    )


def _of_alert(world: World, alert: Alert) -> Iterator[datetime | None]:
    if alert.state is State.PENDING:
        yield life.matures_at(world, alert)
        yield life.clears_at(world, alert)
    elif alert.state is State.CLEARING and not alert.hidden_by:
        yield life.clears_at(world, alert)
    else:
        yield life.escalates_at(world, alert)


def _soonest(instants: Iterable[datetime | None], now: datetime) -> datetime | None:
    return min((at for at in instants if at is not None and at > now), default=None)
