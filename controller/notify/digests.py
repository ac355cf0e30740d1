"""The message of a day, for those who wish for one instead of each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from controller.alerts.models import Alert
from controller.notify import plan, wording
from controller.notify.audience import wants
from controller.notify.models import Contact

#: One that could not be written at its hour, because nobody ran, is still written so much later.
_LATE = timedelta(hours=3)
_OPEN = (Alert.State.FIRING, Alert.State.CLEARING)


def turn(now: datetime) -> int:
    """Write those that are due; how many. Each once a day, whoever runs how often."""
    local = timezone.localtime(now)
    wishing = Contact.objects.filter(is_enabled=True).exclude(digest_at=None)
    made = 0
    for contact in wishing.prefetch_related("addresses__channel"):
        if contact.digest_at is None:
            continue
        hour = local.replace(
            hour=contact.digest_at.hour, minute=contact.digest_at.minute, second=0, microsecond=0
        )
        if hour <= local < hour + _LATE:
            made += _write(contact, now, f"{hour:%Y-%m-%d}")
    return made


@transaction.atomic
def _write(contact: Contact, now: datetime, day: str) -> int:
    addresses = [one for one in contact.addresses.all() if one.channel.is_enabled]
    if not addresses:
        return 0
    reader = plan.reader_of(contact)
    alerts = _of(contact, now)
    subjects = wording.by_severity(wording.subject(alert, reader) for alert in alerts)
    words = wording.digest(
        [one for one in subjects if one.ended_at is None],
        [one for one in subjects if one.ended_at is not None],
        reader,
    )
    return sum(
        plan.write(
            key=f"digest.{address.pk}.{day}",
            kind="digest",
            address=address,
            alerts=alerts,
            words=words,
            now=now,
        )
        for address in addresses
    )


def _of(contact: Contact, now: datetime) -> Sequence[Alert]:
    """What is open or ended within the day, that this contact is told of."""
    recent = Q(state__in=_OPEN, hidden_by=None) | Q(resolved_at__gt=now - timedelta(days=1))
    found = plan.with_places(
        Alert.objects.filter(recent).exclude(fired_at=None).values_list("pk", flat=True)
    )
    taste = plan.taste_of(contact)
    return [
        alert
        for alert in found.values()
        if contact.pk in _named(alert) and wants(taste, alert.severity, plan.departments_of(alert))
    ]


def _named(alert: Alert) -> set[str]:
    """Whom the route that was frozen names, as far as it has come."""
    steps = alert.policy.get("steps", ())
    return {key for step in steps[: alert.step] for key in step.get("contacts", ())}
