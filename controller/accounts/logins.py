"""Logins, logouts and failed logins, written to the audit as Django announces them."""

from typing import Any

from django.contrib.auth import signals
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest
from django.utils import timezone

from controller.accounts import sessions, throttle
from controller.accounts.audit import record


def connect() -> None:
    """Listen to Django's three signals; doing it twice changes nothing."""
    signals.user_logged_in.connect(_logged_in, dispatch_uid="audit-login")
    signals.user_logged_out.connect(_logged_out, dispatch_uid="audit-logout")
    signals.user_login_failed.connect(_failed, dispatch_uid="audit-login-failed")


def _logged_in(sender: object, request: HttpRequest | None, user: User, **_: Any) -> None:
    address = address_of(request)
    way = sessions.Way.PASSWORD
    if request is not None:
        way = sessions.begin(request, user, address, timezone.now())
    record(
        action="login",
        subject=user.get_username(),
        user=user,
        address=address,
        details={"network": throttle.network_of(address), "way": str(way)},
    )


def _logged_out(
    sender: object, request: HttpRequest | None, user: AbstractBaseUser | None, **_: Any
) -> None:
    if isinstance(user, User):
        if request is not None:
            sessions.forget(request)
        record(action="logout", subject=user.get_username(), user=user, address=address_of(request))


def _failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    if "username" not in credentials:  # OpenID Connect says itself why it failed
        return
    fail(request, str(credentials["username"]))


def fail(request: HttpRequest | None, name: str) -> None:
    """Note that somebody tried to be `name`, and could not prove it."""
    throttle.fail(name, address_of(request), browser_of(request))


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from; behind a proxy that is believed, where it says."""
    return str(request.META.get("REMOTE_ADDR", "")) if request else ""


def browser_of(request: HttpRequest | None) -> str:
    """What the browser says of itself."""
    return str(request.META.get("HTTP_USER_AGENT", ""))[:200] if request else ""
