"""Logins, logouts and failed logins, written to the audit as Django announces them.

The audit is also what slows guessing down: too many failures of one name from one address, and that
pair has to wait. Another address is not shut out, so nobody can lock a technician out from afar.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import signals
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest

from controller.accounts.models import AuditEntry
from controller.accounts.services import record

FAILED = "login.failed"
ALLOWED_FAILURES = 10
WINDOW = timedelta(minutes=10)


def connect() -> None:
    """Listen to Django's three signals; doing it twice changes nothing."""
    signals.user_logged_in.connect(_logged_in, dispatch_uid="audit-login")
    signals.user_logged_out.connect(_logged_out, dispatch_uid="audit-logout")
    signals.user_login_failed.connect(_failed, dispatch_uid="audit-login-failed")


def _logged_in(sender: object, request: HttpRequest | None, user: User, **_: Any) -> None:
    record(action="login", subject=user.get_username(), user=user, address=address_of(request))


def _logged_out(
    sender: object, request: HttpRequest | None, user: AbstractBaseUser | None, **_: Any
) -> None:
    if isinstance(user, User):
        record(action="logout", subject=user.get_username(), user=user, address=address_of(request))


def _failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    name = str(credentials.get("username", ""))
    record(action=FAILED, subject=name, actor="anonymous", address=address_of(request))


def wait(name: str, address: str, now: datetime) -> timedelta:
    """How long this name must not try again from this address; zero when it may. One query."""
    failures = AuditEntry.objects.filter(
        action=FAILED, subject=name, address=address, at__gt=now - WINDOW
    ).values_list("at", flat=True)[:ALLOWED_FAILURES]
    latest_first = list(failures)
    if len(latest_first) < ALLOWED_FAILURES:
        return timedelta()
    return latest_first[-1] + WINDOW - now


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from: behind a proxy, the proxy."""
    return str(request.META.get("REMOTE_ADDR", "")) if request else ""
