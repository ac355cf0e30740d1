"""Who may order what is decided for each command, by name."""

import pytest
from django.contrib.auth.models import User

from contract.commands import CATALOGUE
from controller.accounts.roles import (
    COMMANDS_OF_ADMINISTRATORS,
    COMMANDS_OF_TECHNICIANS,
    Role,
)
from controller.accounts.services import create_user
from controller.commands.services import permission

pytestmark = pytest.mark.django_db


def person(role: Role) -> User:
    return create_user(name=str(role), password="vaste-plateau-42", role=role, by="x")


def test_each_command_of_the_catalogue_is_decided_once() -> None:
    decided = (*COMMANDS_OF_TECHNICIANS, *COMMANDS_OF_ADMINISTRATORS)
    assert sorted(decided) == sorted(entry.name for entry in CATALOGUE)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, ()),
        (Role.TECHNICIAN, COMMANDS_OF_TECHNICIANS),
        (Role.ADMINISTRATOR, tuple(entry.name for entry in CATALOGUE)),
    ],
)
def test_a_role_may_order_what_was_decided_and_no_more(role: Role, may: tuple[str, ...]) -> None:
    user = person(role)
    allowed = {entry.name for entry in CATALOGUE if user.has_perm(permission(entry.name))}
    assert allowed == set(may)


def test_only_administrators_interrupt_a_session() -> None:
    assert [role for role in Role if person(role).has_perm("commands.force")] == [
        Role.ADMINISTRATOR
    ]
