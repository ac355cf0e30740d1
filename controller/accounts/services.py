"""Users and the audit: every write, each in its own transaction, each with its audit entry."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role, ensure_roles, role_of
from controller.errors import NotFound, Refused
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


@transaction.atomic
def create_user(*, name: str, password: str, role: Role, by: str) -> User:
    """A new user with a role. Raises Refused for a bad or taken name, or a weak password."""
    user = User(username=name)
    try:
        user.clean_fields(exclude=("password",))
    except ValidationError as err:
        raise Refused(f"user name is {name[:150]!r}: {' '.join(err.messages)}") from err
    if User.objects.filter(username__iexact=name).exists():
        raise Refused(f"user {name!r} exists already: choose another name")
    _check_password(user, password)
    user.set_password(password)
    user.save()
    user.groups.set([_group(role)])
    record(action="user.create", subject=name, actor=by, details={"role": str(role)})
    return user


@transaction.atomic
def change_role(*, name: str, role: Role, by: str) -> User:
    """Give a user one role in place of what he had. Raises NotFound, Refused."""
    user = _user(name)
    before = role_of(user)
    if role is not Role.ADMINISTRATOR:
        _keep_one_administrator(user)
    user.groups.set([_group(role)])
    record(
        action="user.role",
        subject=name,
        actor=by,
        details={"before": str(before or ""), "after": str(role)},
    )
    return user


@transaction.atomic
def set_password(*, name: str, password: str, by: str) -> User:
    """A new password, which also ends the user's sessions. Raises NotFound, Refused."""
    user = _user(name)
    _check_password(user, password)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(action="user.password", subject=name, actor=by)
    return user


@transaction.atomic
def deactivate(*, name: str, by: str) -> User:
    """Shut a user out: sessions and API tokens end at once. Raises NotFound, Refused."""
    user = _user(name)
    _keep_one_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    now: datetime = timezone.now()
    ended = user.api_tokens.filter(revoked_at=None).update(revoked_at=now)
    record(action="user.disable", subject=name, actor=by, details={"tokens_revoked": ended})
    return user


@transaction.atomic
def activate(*, name: str, by: str) -> User:
    """Let a user in again, with the password he had; his API tokens stay revoked."""
    user = _user(name)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(action="user.enable", subject=name, actor=by)
    return user


def forget(before: datetime) -> int:
    """Delete the audit older than `before`; how many entries went."""
    return AuditEntry.objects.filter(at__lt=before).delete()[0]


def _user(name: str) -> User:
    try:
        return User.objects.select_for_update().get(username=name)
    except User.DoesNotExist as err:
        raise NotFound(f"no user {name!r}: `vigie user list` shows them") from err


def _group(role: Role) -> Group:
    group = Group.objects.filter(name=str(role)).first()
    if group is None:
        ensure_roles()
        group = Group.objects.get(name=str(role))
    return group


def _check_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as err:
        raise Refused(f"password of {user.username!r}: {' '.join(err.messages)}") from err


def _keep_one_administrator(user: User) -> None:
    administrators = User.objects.select_for_update().filter(
        is_active=True, groups__name=str(Role.ADMINISTRATOR)
    )
    names = {entry.username for entry in administrators}
    if names == {user.username}:
        raise Refused(f"{user.username!r} is the last administrator: make another one first")
