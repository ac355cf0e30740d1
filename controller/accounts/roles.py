"""Who may do what: three roles, each a Django group with its permissions."""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import transaction

from controller.errors import VigieError


class Role(StrEnum):
    """From the least to the most trusted."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    ADMINISTRATOR = "administrator"


#: Decided for each command of the catalogue; the others are an administrator's.
COMMANDS_OF_TECHNICIANS = (
    "reboot",
    "restart-application",
    "restart-agent",
    "power-cycle",
    "restart-printing",
    "clear-queue",
    "print-test-page",
    "test-sound",
    "test-camera",
    "test-scanner",
    "test-link",
    "check-up",
    "fetch-logs",
    "identify",
    "sync-clock",
    "renew-certificate",
    "repair-minion",
    "ping",
)
COMMANDS_OF_ADMINISTRATORS = ("apply-configuration", "rotate-minion-key")

# Every page and every read of the API asks for a login and nothing more: a viewer needs none.
_MAY: dict[Role, tuple[str, ...]] = {
    Role.VIEWER: (),
    Role.TECHNICIAN: (
        *(f"commands.run_{name.replace('-', '_')}" for name in COMMANDS_OF_TECHNICIANS),
        "alerts.acknowledge",
        "rollouts.propose",
    ),
}


def ensure_roles() -> None:
    """Make the groups and give them their permissions; again and again changes nothing.

    An administrator may do all there is. Raises VigieError before the database is migrated.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    with transaction.atomic():
        for role in Role:
            names = _MAY.get(role, tuple(known))
            if missing := [name for name in names if name not in known]:
                raise VigieError(
                    f"permission {missing[0]} of {role} is not in the database: run `vigie init`"
                )
            group, _ = Group.objects.get_or_create(name=str(role))
            group.permissions.set(known[name] for name in names)


def role_of(user: User | AnonymousUser) -> Role | None:
    """The highest role of a user; None for one without any, or not logged in."""
    if not user.is_authenticated:
        return None
    if user.is_superuser:
        return Role.ADMINISTRATOR
    return highest(group.name for group in user.groups.all())


def highest(names: Iterable[str]) -> Role | None:
    """The highest role among the names of groups.

    >>> highest(["technician", "viewer", "choir"])
    <Role.TECHNICIAN: 'technician'>
    """
    held = set(names)
    return next((role for role in reversed(Role) if role in held), None)
