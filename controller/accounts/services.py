"""Users: every write, each in its own transaction, each with its audit entry."""

import secrets
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from controller.accounts import sessions
from controller.accounts.audit import record as record
from controller.accounts.models import AuditEntry, Forgetting, Identity
from controller.accounts.roles import Role, ensure_roles, role_of
from controller.errors import NotFound, Refused


@transaction.atomic
def create_user(*, name: str, password: str, role: Role, by: str, address: str = "") -> User:
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
    user.groups.set([group_of(role)])
    record(
        action="user.create",
        subject=name,
        actor=by,
        address=address,
        details={"role": str(role)},
    )
    return user


@transaction.atomic
def invite(*, name: str, role: Role, by: str, address: str = "") -> str:
    """A new user without a password; the path at which he chooses one, once, in a day.

    Raises Refused for a bad or taken name.
    """
    unknown = secrets.token_urlsafe(32)  # nobody ever has it
    create_user(name=name, password=unknown, role=role, by=by, address=address)
    return reset_password(name=name, by=by, address=address)


@transaction.atomic
def change_role(*, name: str, role: Role, by: str, address: str = "") -> User:
    """Give a user one role in place of what he had. Raises NotFound, Refused."""
    if role is not Role.ADMINISTRATOR:
        _keep_one_administrator(name)
    user = _user(name)
    before = role_of(user)
    user.groups.set([group_of(role)])
    record(
        action="user.role",
        subject=name,
        actor=by,
        address=address,
        details={"before": str(before or ""), "after": str(role)},
    )
    return user


@transaction.atomic
def set_password(
    *, name: str, password: str, by: str, address: str = "", but_session: str | None = None
) -> User:
    """A new password, which also ends the user's sessions, all but the one of that key.

    Raises NotFound, Refused.
    """
    user = _user(name)
    _keep_to_the_provider(user)
    _check_password(user, password)
    user.set_password(password)
    user.save(update_fields=["password"])
    ended = sessions.end_all(user, but=but_session)
    record(
        action="user.password",
        subject=name,
        actor=by,
        address=address,
        details={"sessions_ended": ended},
    )
    return user


@transaction.atomic
def reset_password(*, name: str, by: str, address: str = "") -> str:
    """End a user's password and sessions; the path at which he chooses a new one, once, in a day.

    His second factor stays. Raises NotFound; Refused for who is disabled, or logs in elsewhere.
    """
    user = _user(name)
    _keep_to_the_provider(user)
    if not user.is_active:
        raise Refused(f"user {name!r} is disabled: enable him first")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    ended = sessions.end_all(user)
    record(
        action="user.password-reset",
        subject=name,
        actor=by,
        address=address,
        details={"sessions_ended": ended},
    )
    token = default_token_generator.make_token(user)
    return f"/password/{urlsafe_base64_encode(str(user.pk).encode())}/{token}"


@transaction.atomic
def deactivate(*, name: str, by: str, address: str = "") -> User:
    """Shut a user out: sessions and API tokens end at once. Raises NotFound, Refused."""
    _keep_one_administrator(name)
    user = _user(name)
    user.is_active = False
    user.save(update_fields=["is_active"])
    now: datetime = timezone.now()
    ended = user.api_tokens.filter(revoked_at=None).update(revoked_at=now)
    record(
        action="user.disable",
        subject=name,
        actor=by,
        address=address,
        details={"tokens_revoked": ended, "sessions_ended": sessions.end_all(user)},
    )
    return user


@transaction.atomic
def activate(*, name: str, by: str, address: str = "") -> User:
    """Let a user in again, with the password he had; his API tokens stay revoked."""
    user = _user(name)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(action="user.enable", subject=name, actor=by, address=address)
    return user


@transaction.atomic
def end_sessions(*, name: str, by: str, address: str = "") -> int:
    """Log a user out everywhere; how many sessions that were. Raises NotFound."""
    ended = sessions.end_all(_user(name))
    record(
        action="session.end", subject=name, actor=by, address=address, details={"sessions": ended}
    )
    return ended


@transaction.atomic
def forget(before: datetime) -> int:
    """Delete the audit older than `before`, and say so in it; how many entries went."""
    window = Forgetting.objects.create(before=before)
    gone = AuditEntry.objects.filter(at__lt=before).delete()[0]
    window.delete()
    if gone:
        record(
            action="audit.forget",
            subject="audit",
            details={"before": before.isoformat(), "entries": gone},
        )
    return gone


def _user(name: str) -> User:
    try:
        return User.objects.select_for_update().get(username=name)
    except User.DoesNotExist as err:
        raise NotFound(f"no user {name!r}: `vigie user list` shows them") from err


def group_of(role: Role) -> Group:
    """The group that gives a role its permissions, made where it is missing."""
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


def _keep_to_the_provider(user: User) -> None:
    if Identity.objects.filter(user=user).exists():
        raise Refused(f"user {user.username!r} logs in by OpenID Connect: change it there")


def _keep_one_administrator(name: str) -> None:
    """Raises Refused for the last one. To be asked before any row of a user is locked."""
    # One at a time: two who leave at once would each see the other stay.
    group = Group.objects.select_for_update().filter(name=str(Role.ADMINISTRATOR)).first()
    administrators = User.objects.filter(is_active=True, groups=group)
    if group and set(administrators.values_list("username", flat=True)) == {name}:
        raise Refused(f"{name!r} is the last administrator: make another one first")
