"""API tokens: made once, shown once, kept only as a digest."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from controller.accounts.audit import record
from controller.accounts.models import ApiToken
from controller.accounts.scopes import ALL, Scope, parse
from controller.errors import NotFound, Refused

#: So that a leaked token is recognised by those who search for leaks.
PREFIX = "vigie_"
MAX_LIFETIME = timedelta(days=366)
_NOTED_EVERY = timedelta(minutes=1)  # a busy script must not cost a write a request


@transaction.atomic
def make_token(
    *,
    user: User,
    label: str,
    lifetime: timedelta,
    by: str,
    scopes: Collection[str] = ALL,
    address: str = "",
) -> str:
    """A secret with which to use the API as `user`, within `scopes`. It cannot be shown again.

    Raises Refused for a disabled user, or a label, scope or lifetime out of bounds.
    """
    if not user.is_active:
        raise Refused(f"user {user.username!r} is disabled: enable him first")
    if not label.strip() or len(label) > 100:
        raise Refused(f"label is {label[:100]!r}, must have 1 to 100 characters")
    if not timedelta(minutes=1) <= lifetime <= MAX_LIFETIME:
        raise Refused(f"lifetime is {lifetime}, must be from 1 minute to {MAX_LIFETIME.days} days")
    covered = sorted(parse(scopes))
    secret = PREFIX + secrets.token_urlsafe(32)
    now = timezone.now()
    ApiToken.objects.create(
        user=user,
        label=label.strip(),
        digest=_digest(secret),
        scopes=covered,
        created_at=now,
        expires_at=now + lifetime,
    )
    record(
        action="token.create",
        subject=user.username,
        actor=by,
        address=address,
        details={
            "label": label.strip(),
            "scopes": covered,
            "expires_at": (now + lifetime).isoformat(),
        },
    )
    return secret


def user_of(secret: str, now: datetime) -> User | None:
    """Whose token this is; None when it is unknown, expired, revoked, or its user disabled."""
    token = token_of(secret, now)
    return token.user if token else None


def scopes_of(token: ApiToken) -> frozenset[Scope]:
    """What it may be used for."""
    return parse(token.scopes)


def token_of(secret: str, now: datetime) -> ApiToken | None:
    """The token of this secret with its user; None when it is of no use (see `user_of`)."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=_digest(secret), revoked_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is None:
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - _NOTED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


@transaction.atomic
def revoke_token(*, user: User, label: str, by: str, address: str = "") -> int:
    """End the user's tokens of that label; how many. Raises NotFound when there is none."""
    ended = ApiToken.objects.filter(user=user, label=label, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not ended:
        raise NotFound(f"user {user.username!r} has no token labelled {label!r}")
    record(
        action="token.revoke",
        subject=user.username,
        actor=by,
        address=address,
        details={"label": label},
    )
    return ended


@transaction.atomic
def end_token(*, user: User, token_id: int, by: str, address: str = "") -> None:
    """End one token of the user; again is the same. Raises NotFound."""
    found = ApiToken.objects.select_for_update().filter(user=user, pk=token_id).first()
    if found is None:
        raise NotFound(f"user {user.username!r} has no token {token_id}: list them first")
    if found.revoked_at is None:
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
        details = {"label": found.label}
        record(
            action="token.revoke",
            subject=user.username,
            actor=by,
            address=address,
            details=details,
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
