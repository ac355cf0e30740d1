"""What has lasted for long enough: is it one kiosk's, or several with one cause? Pure."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from controller.alerts import life
from controller.alerts.alert import WIDE, Alert, Cause, State, fingerprint
from controller.alerts.book import Book
from controller.alerts.causes import Crowd, Found, at_once, bearer, began_at, is_still_so
from controller.alerts.facts import KioskFact, World
from controller.alerts.rules import Rule, Subject


def mature(world: World, book: Book, kiosks: Collection[KioskFact], now: datetime) -> None:
    """Fire what has lasted for long enough, under the widest cause that explains it."""
    ripe = [
        (alert.since, alert.fingerprint)
        for kiosk in kiosks
        for alert in book.of_kiosk(kiosk.id)
        if alert.state is State.PENDING and _is_ripe(world, alert, now)
    ]
    crowds: dict[str, Crowd] = {}
    for _, key in sorted(ripe):
        alert = book.get(key)
        rule = world.rules.get(alert.rule) if alert is not None else None
        if alert is None or rule is None or alert.state is not State.PENDING:
            continue  # a wider cause has taken it in
        named = bearer(world, rule)
        found = None
        if named is not None:
            if named.key not in crowds:
                crowds[named.key] = Crowd(world, _alike(world, book, named), named, now)
            found = crowds[named.key].cause_of(alert)
        if found is not None:
            _fire_wide(world, book, found, now)
            crowds.clear()
        elif not _fire_several(world, book, alert, now):
            fired = life.fire(world, book, alert, rule, now)
            _supersede(world, book, fired, now)


def keep(world: World, book: Book, now: datetime) -> set[str]:
    """Wider causes go on while enough of their kiosks have them; the kiosks of those that ended.

    What is still amiss with those is theirs alone from then on.
    """
    freed: set[str] = set()
    for alert in list(book.apart()):
        if not alert.is_wide:
            continue
        rule = world.rules.get(alert.rule)
        if rule is None:
            life.end_quietly(book, alert, now)
        elif rule.match.subject in (Subject.PRESENCE, Subject.SILENCE) and world.is_deaf:
            continue
        elif is_still_so(alert):
            life.still_so(book, alert)
        else:
            life.unseen(world, book, alert, now, now)
        if book.get(alert.fingerprint) is None:
            freed |= alert.members
    return freed


def _is_ripe(world: World, alert: Alert, now: datetime) -> bool:
    kiosk = world.kiosks.get(alert.kiosk)
    rule = world.rules.get(alert.rule)
    if kiosk is None or rule is None:
        return False
    if rule.match.subject in (Subject.PRESENCE, Subject.SILENCE):
        if world.is_deaf:
            return False
    elif not (kiosk.is_online and kiosk.is_current):
        return False
    matures = life.matures_at(world, alert)
    return matures is not None and matures <= now


def _alike(world: World, book: Book, named: Rule) -> list[Alert]:
    """The alerts of single kiosks that may have this wider cause."""
    keys = {rule.key for rule in world.rules.rules.values() if bearer(world, rule) is named}
    return [alert for alert in book.all() if alert.kiosk and alert.rule in keys and alert.is_seen]


def _fire_wide(world: World, book: Book, found: Found, now: datetime) -> None:
    key = fingerprint(found.rule.key, found.cause, found.place)
    since = min(alert.since for alert in found.alerts)
    onset = min(began_at(alert) for alert in found.alerts)
    first = found.alerts[0]
    alert = Alert(
        key,
        found.rule.key,
        found.rule.severity,
        found.cause,
        found.place,
        State.PENDING,
        since,
        kind=first.kind,
        reasons=tuple(sorted({reason for one in found.alerts for reason in one.reasons})),
        details=_details(found, onset),
        members=found.kiosks,
        joined=found.kiosks,
    )
    life.fire(world, book, alert, found.rule, now)
    for one in found.alerts:
        if (still := book.get(one.fingerprint)) is not None:
            life.end_quietly(book, still, now, by=key)


def _details(found: Found, onset: datetime) -> dict[str, Any]:
    devices = sorted({alert.device for alert in found.alerts if alert.device})
    named = {"devices": devices} if devices else {}
    return {"onset": onset.isoformat(), **named}


def _fire_several(world: World, book: Book, first: Alert, now: datetime) -> bool:
    """Several devices of a kiosk that went at once are one alert, naming them."""
    rules = world.rules.of(Subject.DEVICES)
    if not rules or first.cause is not Cause.DEVICE:
        return False
    together = at_once(world, book, first)
    rule = rules[0]
    if rule.match.kinds or rule.match.health:
        together = [one for one in together if _suits(world, rule, one)]
    devices = sorted({one.device for one in together})
    if len(devices) < 2 or first not in together:
        return False
    key = fingerprint(rule.key, Cause.KIOSK, first.kiosk)
    if book.get(key) is not None:
        return False
    alert = Alert(
        key,
        rule.key,
        rule.severity,
        Cause.KIOSK,
        first.kiosk,
        State.PENDING,
        min(one.since for one in together),
        first.kiosk,
        reasons=tuple(sorted({reason for one in together for reason in one.reasons})),
        details={"devices": devices, "onset": first.details.get("onset")},
    )
    life.fire(world, book, alert, rule, now)
    for one in together:
        life.end_quietly(book, one, now, by=key)
    return True


def _suits(world: World, rule: Rule, alert: Alert) -> bool:
    kiosk = world.kiosks[alert.kiosk]
    return any(
        device.device == alert.device
        and (not rule.match.kinds or device.kind in rule.match.kinds)
        and (not rule.match.health or device.health in rule.match.health)
        for device in kiosk.devices
    )


def _supersede(world: World, book: Book, fired: Alert, now: datetime) -> None:
    """One device has one alert: what fired before it, and is no longer so, has turned into it."""
    if fired.cause in WIDE or not fired.device:
        return
    rule = world.rules.get(fired.rule)
    if rule is None or rule.match.subject is not Subject.DEVICE:
        return
    for other in book.of_kiosk(fired.kiosk):
        named = world.rules.get(other.rule)
        is_alike = named is not None and named.match.subject is Subject.DEVICE
        if is_alike and other.device == fired.device and other.rule != fired.rule:
            life.end_quietly(book, other, now, by=fired.fingerprint)
