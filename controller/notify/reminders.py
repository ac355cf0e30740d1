"""Alertmanagers are told again of what is open, before they take it for over."""

from datetime import datetime

from django.db import transaction

from controller.accounts.sealing import Seal
from controller.alerts.models import Alert
from controller.notify import plan, wording
from controller.notify.letters import Letter
from controller.notify.models import Address, Channel, Notification
from controller.notify.post import note_channel, send
from controller.notify.senders.alertmanager import AGAIN

_OPEN = (Alert.State.FIRING, Alert.State.CLEARING)


def turn(now: datetime, seal: Seal) -> int:
    """Tell those that were not told for a while; how many alerts."""
    told = 0
    channels = Channel.objects.filter(kind=Channel.Kind.ALERTMANAGER, is_enabled=True)
    for channel in channels:
        if channel.worked_at is not None and now - channel.worked_at < AGAIN:
            continue
        if letter := _letter(channel, now):
            answer = send(channel, seal, 0, letter)
            with transaction.atomic():
                note_channel(channel.pk, answer, now)
            told += len(letter.subjects)
    return told


def _letter(channel: Channel, now: datetime) -> Letter | None:
    """All open alerts that were told by this channel; None where there is none."""
    address = Address.objects.filter(channel=channel).select_related("contact").first()
    if address is None:
        return None
    sent = Notification.objects.filter(channel=channel, state=Notification.State.SENT)
    found = Alert.objects.filter(notifications__in=sent, state__in=_OPEN).distinct()
    reader = plan.reader_of(address.contact)
    alerts = plan.with_places(found.values_list("pk", flat=True)).values()
    if not alerts:
        return None
    subjects = tuple(wording.subject(alert, reader) for alert in alerts)
    return Letter(f"again.{channel.pk}", "fired", "", "", "", now, subjects)
