"""From what happened to alerts to the messages to send: silence, group, dedup. One transaction.

Events are taken up together once the oldest has waited for `WAIT`, so that what has one cause makes
one message; each contact gets at most one of what began and one of what ended.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, Q

from controller.alerts.models import Alert, AlertEvent, Member
from controller.notify import wording
from controller.notify.audience import Taste, waits_for_digest, wants
from controller.notify.models import Address, Contact, Notification, Try
from controller.notify.wording import Reader

WAIT = timedelta(seconds=20)
_ENDED = AlertEvent.Name.RESOLVED
#: What began is told under the first of these that happened.
_BEGAN = (AlertEvent.Name.FIRED, AlertEvent.Name.ESCALATED, AlertEvent.Name.UNSILENCED)


def plan(now: datetime) -> int:
    """Take up what waits; how many messages came of it. Again with nothing new, it does nothing."""
    oldest = (
        AlertEvent.objects.filter(is_untold=True)
        .order_by("at")
        .values_list("at", flat=True)
        .first()
    )
    if oldest is None or now - oldest < WAIT:
        return 0
    with transaction.atomic():
        events = _untold()
        made = _letters(events, now)
        AlertEvent.objects.filter(pk__in=[event.pk for event in events]).update(is_untold=False)
    return made


def taste_of(contact: Contact) -> Taste:
    """What a contact wants."""
    return Taste(contact.departments, contact.least_severity, contact.digest_at is not None)


def departments_of(alert: Alert) -> set[str]:
    """Where an alert is; empty when it is of the whole."""
    if alert.kiosk is not None:
        return {alert.kiosk.site.department}
    return {member.kiosk.site.department for member in alert.members.all()}


def reader_of(contact: Contact) -> Reader:
    """How to write to a contact."""
    web = settings.VIGIE.web
    pages = web.public_url or f"http://{web.host}:{web.port}"
    return Reader(contact.language, ZoneInfo(settings.VIGIE.time_zone), pages)


def with_places(found: Iterable[int]) -> dict[int, Alert]:
    """Alerts with what their words are made of."""
    members = Prefetch("members", Member.objects.select_related("kiosk__site"))
    rows = Alert.objects.select_related("kiosk__site").prefetch_related(members)
    return {alert.pk: alert for alert in rows.filter(pk__in=set(found))}


def _untold() -> list[AlertEvent]:
    found = AlertEvent.objects.select_for_update(of=("self",)).filter(is_untold=True)
    return list(found.order_by("at", "pk"))


def _letters(events: Sequence[AlertEvent], now: datetime) -> int:
    alerts = with_places(event.alert_id for event in events)
    told_before = _told_before(alerts)
    contacts = _contacts({key for event in events for key in event.tells})
    ended_too = {event.alert_id for event in events if event.name == _ENDED}
    made = 0
    for key, contact in contacts.items():
        taste = taste_of(contact)
        mine = [event for event in events if key in event.tells]
        began: dict[int, AlertEvent] = {}
        ended: dict[int, AlertEvent] = {}
        for event in mine:
            alert = alerts[event.alert_id]
            if not wants(taste, alert.severity, departments_of(alert)):
                continue
            if waits_for_digest(taste, alert.severity):
                continue
            if event.name == _ENDED:
                if (key, alert.pk) in told_before:
                    ended[alert.pk] = event
            elif _is_still_worth_it(alert) and alert.pk not in ended_too:
                began[alert.pk] = event
        for chosen in (began, ended):
            if chosen:
                made += _write(contact, [alerts[pk] for pk in chosen], list(chosen.values()), now)
    return made


def _is_still_worth_it(alert: Alert) -> bool:
    """What was silenced, hidden or taken up meanwhile is told to nobody any more."""
    is_seen_to = alert.acknowledged_at is not None
    return alert.silenced_by_id is None and alert.hidden_by_id is None and not is_seen_to


def _told_before(alerts: Mapping[int, Alert]) -> set[tuple[str, int]]:
    """Who was told that which alert began, or still will be."""
    is_lost = Q(notification__state=Notification.State.GIVEN_UP)
    began = Q(notification__contact__isnull=False) & ~Q(notification__kind=_ENDED) & ~is_lost
    rows = Notification.alerts.through.objects.filter(began, alert__in=alerts)
    return set(rows.values_list("notification__contact_id", "alert_id"))


def _contacts(keys: Iterable[str]) -> dict[str, Contact]:
    addresses = Prefetch(
        "addresses", Address.objects.filter(channel__is_enabled=True).order_by("pk")
    )
    found = Contact.objects.filter(pk__in=set(keys), is_enabled=True).prefetch_related(addresses)
    return {contact.pk: contact for contact in found}


def _write(
    contact: Contact, alerts: Sequence[Alert], events: Sequence[AlertEvent], now: datetime
) -> int:
    """One message to each address of a contact, written once."""
    names = {event.name for event in events}
    kind = next((str(name) for name in _BEGAN if name in names), str(_ENDED))
    reader = reader_of(contact)
    ranked = wording.by_severity(wording.subject(alert, reader) for alert in alerts)
    by_id = {alert.pk: alert for alert in alerts}
    ordered = [by_id[one.id] for one in ranked]
    if kind == _ENDED:
        for address in contact.addresses.all():
            _overtake(address, alerts, now)
    title = wording.title(kind, ranked, reader)
    text = wording.text(kind, ordered, ranked, reader)
    return sum(
        write(
            key=_key(kind, address, events),
            kind=kind,
            address=address,
            alerts=ordered,
            words=(title, text),
            now=now,
        )
        for address in contact.addresses.all()
    )


def _overtake(address: Address, ended: Sequence[Alert], now: datetime) -> None:
    """What has not left yet, and is over as a whole, is not sent: the end says both."""
    waiting = Notification.objects.filter(
        contact=address.contact_id, channel=address.channel_id, address=address.address,
        state=Notification.State.WAITING, kind__in=_BEGAN, alerts__in=ended,
    )  # fmt: skip
    over = (Alert.State.RESOLVED, Alert.State.DROPPED)
    for note in Notification.objects.filter(pk__in=waiting.values("pk")):
        if note.alerts.exclude(state__in=over).exists():
            continue
        note.state, note.next_try_at = Notification.State.GIVEN_UP, None
        note.save(update_fields=["state", "next_try_at"])
        Try.objects.create(
            notification=note, at=now, has_worked=False, answer="ended before it left"
        )


def write(
    *,
    key: str,
    kind: str,
    address: Address,
    alerts: Sequence[Alert],
    words: tuple[str, str],
    now: datetime,
) -> bool:
    """Note a message to be sent; whether it was not noted before."""
    note, is_new = Notification.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "contact_id": address.contact_id,
            "channel_id": address.channel_id,
            "address": address.address,
            "recipient": address.contact.name,
            "title": words[0],
            "text": words[1],
            "created_at": now,
            "next_try_at": now,
        },
    )
    if is_new:
        note.alerts.set(alerts)
    return is_new


def _key(kind: str, address: Address, events: Sequence[AlertEvent]) -> str:
    """The same events to the same address are the same message."""
    ids = ",".join(str(event.pk) for event in sorted(events, key=lambda event: event.pk))
    digest = hashlib.sha256(ids.encode()).hexdigest()[:24]
    return f"{kind}.{address.pk}.{digest}"
