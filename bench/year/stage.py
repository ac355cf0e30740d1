"""The controller's home that the year is played in, and what is read from it afterwards.

Imported by processes that have set up Django.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from bench.year.fleet import Member
from bench.year.score import Message, Told
from bench.year.strokes import Deed, Stroke
from controller.alerts import rule_services
from controller.alerts import services as alerts
from controller.alerts.models import Alert
from controller.fleet.models import HostType, Kiosk, Lifecycle, Site
from controller.fleet.services import touch
from controller.notify import services as notify
from controller.notify.models import Notification

CONTACT = "on-call"
_BY = "bench"


@transaction.atomic
def lay(members: Iterable[Member]) -> None:
    """The fleet, the rules as they are built in, and one person who is told of everything."""
    for member in members:
        site, _ = Site.objects.get_or_create(
            code=member.site,
            defaults={
                "name": member.site,
                "host_type": HostType.TOWN_HALL,
                "commune": member.commune,
                "insee": "63000",
                "department": member.department,
                "opening_hours": member.hours,
                "provider": member.provider,
            },
        )
        Kiosk.objects.create(id=member.id, kind=member.kind, site=site)
    rule_services.ensure_builtin()


def tell_by_mail(port: int) -> None:
    """Everything goes to one person, by an SMTP server on the loopback."""
    notify.save_channel(
        key="mail",
        title="Mail",
        kind="smtp",
        settings={"host": "127.0.0.1", "port": port, "sender": "vigie@example.org",
                  "security": "none"},
        secret=None,
        is_enabled=True,
        actor=_BY,
    )  # fmt: skip
    notify.save_contact(
        key=CONTACT, name="On call", language="fr", addresses=[("mail", "on-call@example.org")],
        actor=_BY,
    )  # fmt: skip
    rule_services.save_route(
        "default", "On call", [{"after_s": 0, "contacts": [CONTACT]}], actor=_BY
    )


def do(stroke: Stroke) -> None:
    """What people, or ingest itself, do at that instant."""
    if stroke.deed is Deed.SILENCED and stroke.until is not None:
        alerts.silence(
            purpose="silence",
            starts_at=stroke.at,
            ends_at=stroke.until,
            why="it is known",
            kiosk=Kiosk.objects.get(pk=stroke.kiosk),
            user=None,
            actor=_BY,
        )
    elif stroke.deed in (Deed.ASIDE, Deed.BACK):
        is_aside = stroke.deed is Deed.ASIDE
        lifecycle = Lifecycle.MAINTENANCE if is_aside else Lifecycle.ACTIVE
        Kiosk.objects.filter(pk=stroke.kiosk).update(lifecycle=lifecycle)
        touch([stroke.kiosk], stroke.at)
    elif stroke.deed is Deed.BROKER_DARK:
        alerts.set_condition("broker-away", "", {}, stroke.at)
    elif stroke.deed is Deed.BROKER_BACK:
        alerts.clear_condition("broker-away", "", stroke.at)


def told() -> list[Told]:
    """Every alert that fired."""
    found = Alert.objects.exclude(fired_at=None).prefetch_related("members")
    return [_told(alert) for alert in found]


def _told(alert: Alert) -> Told:
    members = {member.kiosk_id for member in alert.members.all()}
    kiosks = members | ({alert.kiosk_id} if alert.kiosk_id else set())
    devices = {alert.device} if alert.device else set(alert.details.get("devices", ()))
    fired_at = alert.fired_at
    if fired_at is None:
        raise ValueError(f"alert {alert.pk} never fired")
    return Told(
        alert.pk, alert.rule, alert.cause, frozenset(kiosks), frozenset(devices), alert.since,
        fired_at,
    )  # fmt: skip


def messages() -> list[Message]:
    """Every message that an alert had begun."""
    found = Notification.objects.filter(kind="fired").prefetch_related("alerts")
    return [
        Message(frozenset(alert.pk for alert in one.alerts.all()), one.recipient) for one in found
    ]


def unsent() -> int:
    """Messages that did not leave."""
    return Notification.objects.exclude(state=Notification.State.SENT).count()


def now() -> datetime:
    """The wall clock's, for what the year itself does not time."""
    return timezone.now()


STEP = timedelta(seconds=10)
