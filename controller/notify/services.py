"""Channels and contacts: every write, each in its own transaction, each with its audit entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

import msgspec
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from controller.accounts.services import record
from controller.alerts import services as alerts
from controller.alerts.rules import Key, Severity
from controller.errors import NotFound, Refused
from controller.notify import post, wording
from controller.notify.deliver import seal
from controller.notify.letters import Letter
from controller.notify.models import Address, Channel, Contact, Notification
from controller.notify.plan import reader_of
from controller.notify.post import CONDITION, Answer
from controller.notify.senders import sender

_LANGUAGES = ("fr", "en")
_DEPARTMENT_LENGTH = 3


@transaction.atomic
def save_channel(
    *,
    key: str,
    title: str,
    kind: str,
    settings: Mapping[str, Any],
    secret: str | None,
    is_enabled: bool = True,
    user: User | None = None,
    actor: str = "",
    why: str = "",
    address: str = "",
) -> Channel:
    """Make or change a channel. `secret` None keeps the one there is; it is never given back.

    Raises Refused naming field, value and remedy.
    """
    _check_key(key)
    title = _named(title, "title")
    before = Channel.objects.select_for_update().filter(pk=key).first()
    if before is not None and before.kind != kind:
        raise Refused(f"channel {key!r} is of kind {before.kind}: make another one for {kind}")
    has_secret = bool(secret) if secret is not None else bool(before and before.secret)
    complete = sender(kind).check(settings, has_secret=has_secret)
    sealed = before.secret if before else b""
    if before is not None and secret is None:
        _refuse_elsewhere(before, complete)
    if secret is not None:
        sealed = seal().close(secret.strip())
    channel, _ = Channel.objects.update_or_create(
        key=key,
        defaults={
            "title": title,
            "kind": kind,
            "settings": complete,
            "secret": sealed,
            "is_enabled": is_enabled,
            "failing_since": None,
            "problem": "",
        },
    )
    alerts.clear_condition(CONDITION, key, timezone.now())
    details = {"kind": kind, "settings": complete, "is_enabled": is_enabled}
    if secret is not None:
        details["secret"] = "changed" if secret else "removed"
    record(
        action="channel.save" if before else "channel.create",
        subject=key, user=user, actor=actor, why=why, address=address, details=details,
    )  # fmt: skip
    return channel


@transaction.atomic
def delete_channel(
    key: str, *, user: User | None = None, actor: str = "", why: str = "", address: str = ""
) -> None:
    """Forget a channel; what was sent by it stays. Raises NotFound."""
    if not Channel.objects.filter(pk=key).delete()[0]:
        raise NotFound(f"no channel {key[:63]!r}")
    alerts.clear_condition(CONDITION, key, timezone.now())
    record(action="channel.delete", subject=key, user=user, actor=actor, why=why, address=address)


@transaction.atomic
def save_contact(
    *,
    key: str,
    name: str,
    language: str = "fr",
    is_enabled: bool = True,
    departments: Sequence[str] = (),
    least_severity: str = Severity.INFO,
    digest_at: time | None = None,
    addresses: Sequence[tuple[str, str]] = (),
    user: User | None = None,
    actor: str = "",
    why: str = "",
    address: str = "",
) -> Contact:
    """Make or change a contact; `addresses` are all of them, as (channel's key, address).

    Raises Refused naming field, value and remedy.
    """
    _check_key(key)
    _check_contact(language, departments, least_severity)
    wanted = [_address(*pair) for pair in dict.fromkeys(addresses)]
    is_new = not Contact.objects.filter(pk=key).exists()
    contact, _ = Contact.objects.update_or_create(
        key=key,
        defaults={
            "name": _named(name, "name"),
            "language": language,
            "is_enabled": is_enabled,
            "departments": list(departments),
            "least_severity": least_severity,
            "digest_at": digest_at,
        },
    )
    contact.addresses.all().delete()
    Address.objects.bulk_create(
        Address(contact=contact, channel_id=channel, address=where) for channel, where in wanted
    )
    record(
        action="contact.create" if is_new else "contact.save",
        subject=key, user=user, actor=actor, why=why, address=address,
        details={"name": name, "addresses": wanted, "departments": list(departments),
                 "least_severity": least_severity, "is_enabled": is_enabled},
    )  # fmt: skip
    return contact


@transaction.atomic
def delete_contact(
    key: str, *, user: User | None = None, actor: str = "", why: str = "", address: str = ""
) -> None:
    """Forget a contact. Raises NotFound, and Refused while a route names it."""
    from controller.alerts.models import Route

    for route in Route.objects.all():
        if any(key in step.get("contacts", ()) for step in route.steps):
            raise Refused(f"contact {key!r} is on route {route.key!r}: take it off there first")
    if not Contact.objects.filter(pk=key).delete()[0]:
        raise NotFound(f"no contact {key[:63]!r}")
    record(action="contact.delete", subject=key, user=user, actor=actor, why=why, address=address)


def send_test(
    key: str,
    *,
    to: str = "",
    contact: str = "",
    user: User | None = None,
    actor: str = "",
    address: str = "",
    now: datetime | None = None,
) -> Answer:
    """Send a test now and say what the receiver answered; `to` an address, or to a contact's.

    Takes as long as the receiver, some ten seconds at most. Raises NotFound, and Refused where no
    address is known.
    """
    now = now or timezone.now()
    channel = Channel.objects.filter(pk=key).first()
    if channel is None:
        raise NotFound(f"no channel {key[:63]!r}")
    reader = Contact(language=_language())
    if contact:
        found = Address.objects.filter(contact=contact, channel=key).select_related("contact")
        first = found.first()
        if first is None:
            raise Refused(f"contact {contact[:63]!r} has no address on {key!r}: add one")
        to, reader = first.address, first.contact
    sender(channel.kind).check_address(to)
    title, text = wording.trial(channel.title, reader_of(reader))
    letter = Letter(f"test.{key}.{now:%Y%m%dT%H%M%S%f}", "test", title, text, to, now)
    answer = post.send(channel, seal(), 0, letter)
    with transaction.atomic():
        post.note_channel(key, answer, now)
        record(
            action="channel.test", subject=key, user=user, actor=actor, address=address,
            details={"to": to, "has_worked": answer.has_worked, "answer": answer.text},
        )  # fmt: skip
    return answer


def _language() -> str:
    """The language that whoever asks reads just now."""
    from django.utils.translation import get_language

    language = (get_language() or "fr")[:2]
    return language if language in _LANGUAGES else "fr"


def forget(before: datetime) -> int:
    """Delete messages, with their tries, that are older; how many."""
    old = Notification.objects.filter(created_at__lt=before).exclude(
        state=Notification.State.WAITING
    )
    return old.delete()[1].get("notify.Notification", 0)


#: Where a channel's secret is shown; another one is not shown it unasked.
_WHERE = ("host", "port", "url", "user", "security", "ca_file")


def _refuse_elsewhere(before: Channel, settings: Mapping[str, Any]) -> None:
    """Who may edit a channel may not have its secret sent to a place of his own."""
    changed = [name for name in _WHERE if before.settings.get(name) != settings.get(name)]
    if before.secret and changed:
        raise Refused(f"{changed[0]} is another one: enter the secret again for it")


def _check_key(key: str) -> None:
    try:
        msgspec.convert(key, Key)
    except msgspec.ValidationError as err:
        raise Refused(
            f"key is {key[:63]!r}, must be lower-case letters, digits and hyphens, a letter first"
        ) from err


def _named(text: str, field: str) -> str:
    name = text.strip()
    if not name or len(name) > 150 or not name.isprintable():
        raise Refused(f"{field} is {text[:150]!r}, must have 1 to 150 characters on one line")
    return name


def _check_contact(language: str, departments: Sequence[str], least_severity: str) -> None:
    if language not in _LANGUAGES:
        raise Refused(f"language is {language[:10]!r}, must be one of: {', '.join(_LANGUAGES)}")
    if least_severity not in list(Severity):
        raise Refused(
            f"least_severity is {least_severity[:20]!r}, must be one of: {', '.join(Severity)}"
        )
    for department in departments:
        if not 0 < len(department) <= _DEPARTMENT_LENGTH:
            raise Refused(f"department is {department[:20]!r}, must be a number such as 63")


def _address(channel: str, where: str) -> tuple[str, str]:
    found = Channel.objects.filter(pk=channel).first()
    if found is None:
        raise Refused(gettext("no channel %(key)s: make it first") % {"key": repr(channel[:63])})
    sender(found.kind).check_address(where.strip())
    return channel, where.strip()
