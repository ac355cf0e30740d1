"""Logins, logouts and failed logins, written to the audit as Django announces them."""

from typing import Any

from django.contrib.auth import signals
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest

from controller.accounts.services import record


def connect() -> None:
    """Listen to Django's three signals; doing it twice changes nothing."""
    signals.user_logged_in.connect(_logged_in, dispatch_uid="audit-login")
    signals.user_logged_out.connect(_logged_out, dispatch_uid="audit-logout")
    signals.user_login_failed.connect(_failed, dispatch_uid="audit-login-failed")


def _logged_in(sender: object, request: HttpRequest | None, user: User, **_: Any) -> None:
    record(action="login", subject=user.get_username(), user=user, address=_address(request))


def _logged_out(
    sender: object, request: HttpRequest | None, user: AbstractBaseUser | None, **_: Any
) -> None:
    if isinstance(user, User):
        record(action="logout", subject=user.get_username(), user=user, address=_address(request))


def _failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    name = str(credentials.get("username", ""))
    record(action="login.failed", subject=name, actor="anonymous", address=_address(request))


def _address(request: HttpRequest | None) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) if request else ""
