"""Channels, contacts and what was sent to whom."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from ninja.params.functions import Query

from controller.accounts.scopes import Scope
from controller.api import revisions
from controller.api.auth import by, needs
from controller.api.failures import ASKED, TOLD
from controller.api.notify_shapes import (
    ChannelEdit,
    ChannelState,
    ContactEdit,
    ContactItem,
    NotificationPage,
    Trial,
    TrialItem,
)
from controller.api.pages import Limit, Moment, Offset, page
from controller.api.revisions import Match
from controller.api.shapes import Failure
from controller.notify import selectors, services
from controller.notify.models import Channel, Contact, Notification

router = Router(tags=["channels"])
EDIT = needs(Scope.CONFIGURE, "notify.edit_channels")


@router.get("/channels", response={200: list[ChannelState], ASKED: Failure}, **EDIT)
def channels(request: HttpRequest) -> list[dict[str, Any]]:
    """All channels, and whether they work."""
    return [_state(row) for row in selectors.channels()]


@router.get("/channels/{key}", response={200: ChannelState, ASKED: Failure}, **EDIT)
def channel(request: HttpRequest, response: HttpResponse, key: str) -> dict[str, Any]:
    """One channel. Its ETag, of its settings alone, goes into the If-Match of an edit."""
    row = selectors.channel(key)
    revisions.stamped(response, _channel(row))
    return _state(row)


@router.put("/channels/{key}", response={200: ChannelState, TOLD: Failure}, **EDIT)
@transaction.atomic
def save_channel(
    request: HttpRequest,
    response: HttpResponse,
    key: str,
    wish: ChannelEdit,
    match: str | None = Match,
) -> dict[str, Any]:
    """A new channel, or one as it shall be from now on."""
    _require_channel(match, key)
    services.save_channel(key=key, **wish.dict(), **by(request))
    row = selectors.channel(key)
    revisions.stamped(response, _channel(row))
    return _state(row)


@router.delete("/channels/{key}", response={204: None, TOLD: Failure}, **EDIT)
@transaction.atomic
def delete_channel(request: HttpRequest, key: str, match: str | None = Match) -> Status[None]:
    """Forget a channel. What was sent by it stays."""
    _require_channel(match, key)
    services.delete_channel(key, **by(request))
    return Status(204, None)


@router.post("/channels/{key}/test", response={200: TrialItem, TOLD: Failure}, **EDIT)
def test_channel(request: HttpRequest, key: str, wish: Trial) -> dict[str, Any]:
    """Send a test now and say what the receiver answered; some ten seconds at most."""
    answer = services.send_test(key, to=wish.address, contact=wish.contact, **by(request))
    return {"has_worked": answer.has_worked, "answer": answer.text}


@router.get("/contacts", response={200: list[ContactItem], ASKED: Failure}, **EDIT)
def contacts(request: HttpRequest) -> list[dict[str, Any]]:
    """All whom one can tell."""
    return [_contact(row) for row in selectors.contacts()]


@router.get("/contacts/{key}", response={200: ContactItem, ASKED: Failure}, **EDIT)
def contact(request: HttpRequest, response: HttpResponse, key: str) -> dict[str, Any]:
    """One contact. Its ETag goes into the If-Match of an edit."""
    return revisions.stamped(response, _contact(selectors.contact(key)))


@router.put("/contacts/{key}", response={200: ContactItem, TOLD: Failure}, **EDIT)
@transaction.atomic
def save_contact(
    request: HttpRequest,
    response: HttpResponse,
    key: str,
    wish: ContactEdit,
    match: str | None = Match,
) -> dict[str, Any]:
    """A new contact, or one as it shall be from now on, with all its addresses."""
    _require_contact(match, key)
    pairs = [(each.channel, each.address) for each in wish.addresses]
    services.save_contact(key=key, **{**wish.dict(), "addresses": pairs}, **by(request))
    return revisions.stamped(response, _contact(selectors.contact(key)))


@router.delete("/contacts/{key}", response={204: None, TOLD: Failure}, **EDIT)
@transaction.atomic
def delete_contact(request: HttpRequest, key: str, match: str | None = Match) -> Status[None]:
    """Forget a contact that no route names."""
    _require_contact(match, key)
    services.delete_contact(key, **by(request))
    return Status(204, None)


@router.get("/notifications", response={200: NotificationPage, ASKED: Failure})
def notifications(
    request: HttpRequest,
    contact: str = Query("", max_length=63),
    channel: str = Query("", max_length=63),
    state: Notification.State | None = None,
    kind: str = Query("", max_length=10),
    since: Moment | None = None,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """What was or will be sent, the latest first."""
    wanted = selectors.Wanted(contact, channel, state or "", kind, since)
    return page(selectors.notifications(wanted), limit, offset)


def _require_channel(match: str | None, key: str) -> None:
    row = Channel.objects.select_for_update().filter(pk=key).first()
    revisions.require(match, _channel(row) if row else None, f"channel {key[:63]!r}")


def _require_contact(match: str | None, key: str) -> None:
    row = Contact.objects.select_for_update().filter(pk=key).first()
    revisions.require(match, _contact(row) if row else None, f"contact {key[:63]!r}")


def _channel(row: Channel) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": row.title,
        "kind": row.kind,
        "settings": row.settings,
        "has_secret": selectors.has_secret(row.key),
        "is_enabled": row.is_enabled,
    }


def _state(row: Channel) -> dict[str, Any]:
    return {
        **_channel(row),
        "worked_at": row.worked_at,
        "failing_since": row.failing_since,
        "problem": row.problem,
        "waiting": getattr(row, "waiting", 0),
    }


def _contact(row: Contact) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "language": row.language,
        "is_enabled": row.is_enabled,
        "departments": row.departments,
        "least_severity": row.least_severity,
        "digest_at": row.digest_at,
        "addresses": [
            {"channel": each.channel_id, "address": each.address} for each in row.addresses.all()
        ],
    }
