"""The audit: who did what to whom, from where, and why. Entries are only ever added."""

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from controller.accounts.models import AuditEntry
from controller.text import printable, storable


def record(
    *,
    action: str,
    subject: str,
    user: User | None = None,
    actor: str = "",
    why: str = "",
    address: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add to the audit: who (`user`, else `actor`, else `system`) did what to whom, and why."""
    return AuditEntry.objects.create(
        at=timezone.now(),
        user=user,
        actor=printable(actor or (user.get_username() if user else "system"))[:150],
        action=action[:64],
        subject=printable(subject)[:150],
        why=printable(why),
        address=address[:45],
        details=storable(details or {}),
    )
