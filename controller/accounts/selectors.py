"""Users and the audit, as read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from controller.accounts.models import ApiToken, AuditEntry
from controller.errors import NotFound


def users() -> QuerySet[User]:
    """All users by name, with what their role is read from, and how they log in."""
    return (
        User.objects.order_by("username")
        .select_related("second_factor", "identity")
        .prefetch_related("groups")
    )


def has_second_factor(user: User) -> bool:
    """Of a user of `users()`, without a query."""
    factor = getattr(user, "second_factor", None)
    return factor is not None and factor.confirmed_at is not None


def is_from_provider(user: User) -> bool:
    """Whether a user of `users()` logs in by OpenID Connect; without a query."""
    return getattr(user, "identity", None) is not None


def user(name: str) -> User:
    """One user. Raises NotFound."""
    try:
        return users().get(username=name)
    except User.DoesNotExist as err:
        raise NotFound(f"no user {name!r}: `vigie user list` shows them") from err


def audit(subject: str, limit: int = 50) -> Sequence[AuditEntry]:
    """What was done to a subject, the latest first."""
    return list(AuditEntry.objects.filter(subject=subject)[:limit])


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Which entries: empty leaves none out. Days are the controller's own, both included."""

    actor: str = ""
    action: str = ""  # what it begins with: `command.`, `login`
    subject: str = ""
    since: date | None = None
    until: date | None = None


def audit_entries(filters: AuditFilters) -> QuerySet[AuditEntry]:
    """The audit through filters, the latest first."""
    found = AuditEntry.objects.all()
    if filters.actor:
        found = found.filter(actor=filters.actor)
    if filters.action:
        found = found.filter(action__startswith=filters.action)
    if filters.subject:
        found = found.filter(subject=filters.subject)
    if filters.since is not None:
        found = found.filter(at__gte=_midnight(filters.since))
    if filters.until is not None:
        found = found.filter(at__lt=_midnight(filters.until + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def tokens(owner: User) -> QuerySet[ApiToken]:
    """A user's API tokens, the latest first."""
    return ApiToken.objects.filter(user=owner)
