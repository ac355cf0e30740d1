"""Rules x facts x open alerts x now -> what becomes of alerts, and when to look again. Pure.

Only kiosks that were touched, and those whose time has come, need looking at: what is neither
cannot have changed. Looking at more, or more often, decides nothing else.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from controller.alerts import gathering, life, timers
from controller.alerts.alert import Alert, Cause, Change, State
from controller.alerts.book import Book
from controller.alerts.facts import KioskFact, World
from controller.alerts.kiosks import look
from controller.alerts.matching import condition_signs


@dataclass(frozen=True, slots=True)
class Decided:
    """What a turn does, and when time alone may change something of the kiosks looked at.

    `due` holds each kiosk looked at; None: time alone changes nothing. `apart_due` is the same for
    the alerts of no single kiosk.
    """

    changes: tuple[Change, ...] = ()
    due: dict[str, datetime | None] = field(default_factory=dict)
    apart_due: datetime | None = None


def decide(world: World, book: Book, looked_at: Collection[str], now: datetime) -> Decided:
    """Look at these kiosks, and at all that belongs to no single kiosk.

    The book holds what became of the alerts; the changes are those since it was last taken from.
    """
    _conditions(world, book, now)
    names = {name for name in looked_at if name in world.kiosks}
    _look(world, book, names, now)
    if freed := gathering.keep(world, book, now):
        world.released.update(dict.fromkeys(freed, now))
        _look(world, book, freed & world.kiosks.keys(), now)
        names |= freed & world.kiosks.keys()
    kiosks = [world.kiosks[name] for name in sorted(names)]
    for kiosk in kiosks:
        _hide(book, kiosk)
    for alert in _spoken_of(book, kiosks):
        if alert.has_fired:
            life.escalate(world, book, alert, now)
    return Decided(
        book.take(),
        {kiosk.id: timers.of_kiosk(world, book, kiosk, now) for kiosk in kiosks},
        timers.apart(world, book, now),
    )


def _look(world: World, book: Book, names: Collection[str], now: datetime) -> None:
    kiosks = [world.kiosks[name] for name in sorted(names)]
    for kiosk in kiosks:
        look(world, book, kiosk, now)
    gathering.mature(world, book, kiosks, now)


def _conditions(world: World, book: Book, now: datetime) -> None:
    """Of the controller itself: the first to be told of, for it may explain all else."""
    signs = {sign.fingerprint: sign for sign in condition_signs(world)}
    for alert in list(book.apart()):
        if alert.cause is not Cause.CONTROLLER:
            continue
        sign = signs.pop(alert.fingerprint, None)
        if sign is not None:
            life.seen(book, alert, sign)
        elif world.rules.get(alert.rule) is None:
            life.end_quietly(book, alert, now)
        else:
            life.unseen(world, book, alert, now, now)
    for sign in signs.values():
        life.begin(book, sign, min(sign.since, now))
    for alert in list(book.apart()):
        rule = world.rules.get(alert.rule)
        if alert.cause is not Cause.CONTROLLER or alert.state is not State.PENDING or rule is None:
            continue
        matures = life.matures_at(world, alert)
        if matures is not None and matures <= now:
            life.fire(world, book, alert, rule, now)


def _hide(book: Book, kiosk: KioskFact) -> None:
    """What is known of the devices of a dark kiosk is hidden by the alert that it is dark."""
    own = book.of_kiosk(kiosk.id)
    cover = ""
    if not (kiosk.is_online and kiosk.is_current):
        dark = [one for one in (*own, *book.wide_of(kiosk.id)) if one.has_fired]
        cover = next((one.fingerprint for one in dark if not _is_of_devices(one)), "")
    for alert in own:
        if _is_of_devices(alert) and alert.has_fired and alert.hidden_by != cover:
            life.hide(book, alert, cover)


def _is_of_devices(alert: Alert) -> bool:
    return bool(alert.kind) or "devices" in alert.details


def _spoken_of(book: Book, kiosks: Collection[KioskFact]) -> list[Alert]:
    return [*book.apart(), *(alert for kiosk in kiosks for alert in book.of_kiosk(kiosk.id))]
