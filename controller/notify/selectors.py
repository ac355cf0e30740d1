"""Channels, contacts and messages, as read. What is secret of a channel is never among it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from controller.errors import NotFound
from controller.notify.models import Channel, Contact, Notification


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages; empty: all."""

    contact: str = ""
    channel: str = ""
    state: str = ""
    kind: str = ""
    since: datetime | None = None


def channels() -> QuerySet[Channel]:
    """All by key, each with how many messages wait for it (`waiting`)."""
    waits = Count("notification", filter=Q(notification__state=Notification.State.WAITING))
    return Channel.objects.defer("secret").annotate(waiting=waits).order_by("key")


def channel(key: str) -> Channel:
    """One. Raises NotFound."""
    found = channels().filter(pk=key).first()
    if found is None:
        raise NotFound(f"there is no channel {key[:63]!r}")
    return found


def has_secret(key: str) -> bool:
    """Whether a channel has one."""
    return Channel.objects.filter(pk=key).exclude(secret=b"").exists()


def contacts() -> QuerySet[Contact]:
    """All by key, with their addresses."""
    return Contact.objects.prefetch_related("addresses__channel").order_by("key")


def contact(key: str) -> Contact:
    """One. Raises NotFound."""
    found = contacts().filter(pk=key).first()
    if found is None:
        raise NotFound(f"there is no contact {key[:63]!r}")
    return found


def of_alert(alert_id: int) -> QuerySet[Notification]:
    """What was or will be sent of an alert, the first first, with every try."""
    return _whole().filter(alerts=alert_id).order_by("created_at", "id")


def notifications(wanted: Wanted) -> QuerySet[Notification]:
    """Messages, the latest first, with their tries and alerts."""
    found = _whole()
    if wanted.contact:
        found = found.filter(contact=wanted.contact)
    if wanted.channel:
        found = found.filter(channel=wanted.channel)
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.since is not None:
        found = found.filter(created_at__gte=wanted.since)
    return found


def waiting() -> int:
    """How many messages have not been sent yet."""
    return Notification.objects.filter(state=Notification.State.WAITING).count()


def _whole() -> QuerySet[Notification]:
    return (
        Notification.objects.select_related("contact", "channel")
        .defer("channel__secret")
        .prefetch_related("attempts", "alerts")
    )
