"""One kiosk's facts against its open alerts: what begins, goes on and goes away. Pure."""

from collections.abc import Iterable
from datetime import datetime

from controller.alerts import life
from controller.alerts.alert import Alert, Cause, State
from controller.alerts.book import Book
from controller.alerts.causes import AT_ONCE, bearer, covers
from controller.alerts.facts import KioskFact, World
from controller.alerts.life import onset_of
from controller.alerts.matching import (
    Sign,
    device_signs,
    is_graver,
    is_unmeasured,
    metric_signs,
    presence_signs,
    silence_signs,
)
from controller.alerts.openings import counts_now
from controller.alerts.rules import Severity, Subject


def look(world: World, book: Book, kiosk: KioskFact, now: datetime) -> None:
    """Bring the alerts of a kiosk in step with what is known of it."""
    if world.quiet(kiosk, now):
        _out_of_service(book, kiosk, now)
        return
    own = book.of_kiosk(kiosk.id)
    _without_rule(world, book, own, now)
    if not world.is_deaf:
        _look_at(world, book, kiosk, Subject.PRESENCE, presence_signs(world, kiosk), now)
        if kiosk.is_online:
            silent = silence_signs(world, kiosk, now)
            _look_at(world, book, kiosk, Subject.SILENCE, silent, now)
    if not kiosk.is_online:
        _forget_first_signs(world, book, kiosk)
        _end_silence(world, book, kiosk, now)
    elif kiosk.is_current:
        _look_at_devices(world, book, kiosk, now)


def _look_at_devices(world: World, book: Book, kiosk: KioskFact, now: datetime) -> None:
    current = _current(world, book, kiosk)
    signs = list(device_signs(world, kiosk, current, now))
    _together(world, book, kiosk, signs, now)
    _look_at(world, book, kiosk, Subject.DEVICE, signs, now)
    opened = {alert.fingerprint: alert for alert in book.of_kiosk(kiosk.id)}
    ailing = {sign.device for sign in signs}
    metrics = [
        sign
        for sign in metric_signs(world, kiosk, opened, now)
        if sign.device not in ailing or sign.fingerprint in opened  # its state says as much
    ]
    _look_at(world, book, kiosk, Subject.METRIC, metrics, now)


def _look_at(
    world: World,
    book: Book,
    kiosk: KioskFact,
    subject: Subject,
    found: Iterable[Sign],
    now: datetime,
) -> None:
    """Of one subject: each alert goes on or goes away, each new sign begins."""
    signs = {sign.fingerprint: sign for sign in found}
    for sign in [sign for sign in signs.values() if _is_maintained(world, sign, kiosk, now)]:
        del signs[sign.fingerprint]
        if (alert := book.get(sign.fingerprint)) is not None:
            life.end_quietly(book, alert, now, by="maintenance")
    names = _names(signs.values())
    # One device has one state, and any number of figures.
    heirs = {} if subject is Subject.METRIC else {sign.device: sign for sign in signs.values()}
    first_seen: dict[str, datetime] = {}
    for alert in _of_subject(world, book, kiosk, subject):
        same = signs.pop(alert.fingerprint, None)
        if same is not None:
            life.seen(book, alert, same)
        elif _is_to_wait(alert, heirs.get(alert.device), kiosk):
            life.still_so(book, alert)
        else:
            if alert.state is State.PENDING and alert.device in heirs:
                first_seen[alert.device] = alert.since  # the same trouble by another name
                life.drop(book, alert)
                continue
            _unseen(world, book, alert, kiosk, subject, now)
    _leave(world, book, kiosk, subject, names)
    for sign in signs.values():
        _begin(world, book, kiosk, sign, first_seen.get(sign.device), now)


def _unseen(
    world: World, book: Book, alert: Alert, kiosk: KioskFact, subject: Subject, now: datetime
) -> None:
    """It is over since the kiosk is back, or since it said so.

    Well before a night and well after it is well: a host open for half a day would else never see
    the end of a hold-off.
    """
    if subject is Subject.PRESENCE:
        life.unseen(world, book, alert, kiosk.presence_since, now)
        return
    life.unseen(world, book, alert, kiosk.last_heard_at, now)


def _names(signs: Iterable[Sign]) -> set[str]:
    """The rules under whose name what is seen now may be part of a wider cause."""
    return {sign.rule.gathers_as or sign.rule.key for sign in signs}


def _begin(
    world: World,
    book: Book,
    kiosk: KioskFact,
    sign: Sign,
    first_seen: datetime | None,
    now: datetime,
) -> None:
    if _join(world, book, kiosk, sign) or _is_among(book, sign):
        return
    if not counts_now(sign.rule.when, kiosk, now, world.zone):
        return  # a kiosk that sleeps at night is as it should be
    since = first_seen or min(sign.since, now)
    quieted = world.quieted_until(sign.rule.key, sign.kind, kiosk, now)
    released = world.released.get(kiosk.id, since)
    life.begin(book, sign, max(since, quieted, released))


def _join(world: World, book: Book, kiosk: KioskFact, sign: Sign) -> bool:
    """Whether it is part of a wider cause that is known already."""
    named = bearer(world, sign.rule)
    if named is None:
        return False
    for wide in list(book.apart()):
        if not wide.is_wide or wide.rule != named.key:
            continue
        if kiosk.id in wide.members:
            return True
        if covers(wide, kiosk, sign.since if sign.device else sign.onset):
            life.join(book, wide, kiosk.id)
            return True
    return False


def _leave(
    world: World,
    book: Book,
    kiosk: KioskFact,
    subject: Subject,
    names: set[str],
) -> None:
    """A kiosk that is well again has the wider cause no more."""
    for wide in book.wide_of(kiosk.id):
        rule = world.rules.get(wide.rule)
        if rule is not None and rule.match.subject is subject and wide.rule not in names:
            life.leave(book, wide, kiosk.id)


def _is_among(book: Book, sign: Sign) -> bool:
    """Whether it is one of several devices that have one alert already."""
    return sign.cause is Cause.DEVICE and any(
        sign.device in alert.details.get("devices", ()) for alert in book.of_kiosk(sign.kiosk)
    )


def _is_to_wait(alert: Alert, heir: Sign | None, kiosk: KioskFact) -> bool:
    """Whether an alert whose own rule is matched no more is not over yet.

    Its device was not measured just now, or something as bad has taken its place: then it ends
    when the other alert fires.
    """
    if not alert.has_fired or not alert.device:
        return False
    if heir is not None:
        return not is_graver(Severity(alert.severity), heir.rule.severity)
    return is_unmeasured(kiosk, alert.device)


def _is_maintained(world: World, sign: Sign, kiosk: KioskFact, now: datetime) -> bool:
    return any(
        quiet.is_maintenance
        and quiet.is_in_force(now)
        and quiet.covers(sign.rule.key, sign.kind, kiosk)
        for quiet in world.quiets
    )


def _together(world: World, book: Book, kiosk: KioskFact, signs: list[Sign], now: datetime) -> None:
    """The alert of several devices goes on while any of them is amiss, and takes in latecomers."""
    amiss = {sign.device: sign for sign in signs}
    for alert in book.of_kiosk(kiosk.id):
        named = alert.details.get("devices")
        if not named:
            continue
        began = onset_of(alert.details, alert.since)
        late = {
            device
            for device, sign in amiss.items()
            if abs(sign.onset - began) <= AT_ONCE and not _has_own(book, kiosk, device)
        }
        devices = sorted({*named, *late})
        unmeasured = any(is_unmeasured(kiosk, device) for device in named)
        details = {**alert.details, "devices": devices}
        if amiss.keys() & set(devices):
            life.still_so(book, alert, details=details)
        elif not unmeasured:
            life.unseen(world, book, alert, kiosk.last_heard_at, now)


def _has_own(book: Book, kiosk: KioskFact, device: str) -> bool:
    return any(alert.device == device for alert in book.of_kiosk(kiosk.id))


def _current(world: World, book: Book, kiosk: KioskFact) -> dict[str, str]:
    """By which rule there is an alert of each device already."""
    alerts = _of_subject(world, book, kiosk, Subject.DEVICE)
    return {alert.device: alert.rule for alert in alerts}


def _of_subject(world: World, book: Book, kiosk: KioskFact, subject: Subject) -> list[Alert]:
    found = []
    for alert in book.of_kiosk(kiosk.id):
        rule = world.rules.get(alert.rule)
        if rule is not None and rule.match.subject is subject:
            found.append(alert)
    return found


def _forget_first_signs(world: World, book: Book, kiosk: KioskFact) -> None:
    """What a device was about to be told for must be seen anew once the kiosk is back."""
    for subject in (Subject.DEVICE, Subject.METRIC, Subject.SILENCE):
        for alert in _of_subject(world, book, kiosk, subject):
            if alert.state is State.PENDING:
                life.drop(book, alert)


def _end_silence(world: World, book: Book, kiosk: KioskFact, now: datetime) -> None:
    """That a kiosk is dark tells more than that it was silent before."""
    dark = [*_of_subject(world, book, kiosk, Subject.PRESENCE), *book.wide_of(kiosk.id)]
    by = next((alert.fingerprint for alert in dark if alert.has_fired), "")
    for alert in _of_subject(world, book, kiosk, Subject.SILENCE) if by else ():
        life.end_quietly(book, alert, now, by=by)


def _without_rule(world: World, book: Book, own: Iterable[Alert], now: datetime) -> None:
    """A rule that was switched off has no alerts."""
    for alert in own:
        if world.rules.get(alert.rule) is None:
            life.end_quietly(book, alert, now)


def _out_of_service(book: Book, kiosk: KioskFact, now: datetime) -> None:
    for alert in book.of_kiosk(kiosk.id):
        life.end_quietly(book, alert, now, by="maintenance")
    for wide in book.wide_of(kiosk.id):
        life.leave(book, wide, kiosk.id)
