"""Users, roles and the audit they leave."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.test import Client

from contract.commands import CATALOGUE
from controller.accounts import services
from controller.accounts.models import AuditEntry
from controller.accounts.roles import (
    COMMANDS_OF_ADMINISTRATORS,
    COMMANDS_OF_TECHNICIANS,
    Role,
    ensure_roles,
    role_of,
)
from controller.errors import NotFound, Refused

pytestmark = pytest.mark.django_db
PASSWORD = "vaste-plateau-42"


def add(name: str, role: Role) -> User:
    return services.create_user(name=name, password=PASSWORD, role=role, by="cli:root")


def permissions(user: User) -> set[str]:
    return User.objects.get(pk=user.pk).get_all_permissions()


def test_a_new_user_can_log_in_and_has_his_role() -> None:
    add("marie", Role.TECHNICIAN)
    user = authenticate(username="marie", password=PASSWORD)
    assert isinstance(user, User)
    assert role_of(user) is Role.TECHNICIAN


def test_a_viewer_may_order_nothing() -> None:
    assert permissions(add("vera", Role.VIEWER)) == set()


def test_a_technician_acts_on_kiosks_and_changes_neither_users_nor_settings() -> None:
    may = permissions(add("marie", Role.TECHNICIAN))
    orders = {f"commands.run_{name.replace('-', '_')}" for name in COMMANDS_OF_TECHNICIANS}
    assert {"commands.run_reboot", "alerts.acknowledge"} | orders <= may
    others = {f"commands.run_{name.replace('-', '_')}" for name in COMMANDS_OF_ADMINISTRATORS}
    never = {"commands.force", "alerts.edit_rules", "notify.edit_channels", "auth.change_user"}
    assert not (others | never) & may


def test_every_command_of_the_catalogue_is_somebodys() -> None:
    given = {*COMMANDS_OF_TECHNICIANS, *COMMANDS_OF_ADMINISTRATORS}
    assert given == {str(spec.name) for spec in CATALOGUE}


def test_an_administrator_may_change_users() -> None:
    assert "auth.change_user" in permissions(add("anne", Role.ADMINISTRATOR))


def test_making_the_roles_twice_gives_the_same_permissions() -> None:
    ensure_roles()
    marie = add("marie", Role.TECHNICIAN)
    before = permissions(marie)
    ensure_roles()
    assert permissions(marie) == before


def test_a_new_role_takes_the_place_of_the_old_one() -> None:
    add("marie", Role.TECHNICIAN)
    user = services.change_role(name="marie", role=Role.VIEWER, by="cli:root")
    assert role_of(User.objects.get(pk=user.pk)) is Role.VIEWER
    entry = AuditEntry.objects.get(action="user.role")
    assert (entry.subject, entry.actor, entry.details) == (
        "marie",
        "cli:root",
        {"before": "technician", "after": "viewer"},
    )


@pytest.mark.parametrize("name", ["", "a b", "x" * 151])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="user name is"):
        add(name, Role.VIEWER)


def test_a_name_that_differs_by_case_alone_is_refused() -> None:
    add("marie", Role.VIEWER)
    with pytest.raises(Refused, match="exists already"):
        add("Marie", Role.VIEWER)


def test_a_weak_password_is_refused_and_leaves_no_user() -> None:
    with pytest.raises(Refused, match="password of 'marie'"):
        services.create_user(name="marie", password="court", role=Role.VIEWER, by="cli:root")
    assert not User.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_last_administrator_can_neither_leave_nor_step_down() -> None:
    add("anne", Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="last administrator"):
        services.deactivate(name="anne", by="cli:root")
    with pytest.raises(Refused, match="last administrator"):
        services.change_role(name="anne", role=Role.VIEWER, by="cli:root")


def test_one_of_two_administrators_can_leave() -> None:
    add("anne", Role.ADMINISTRATOR)
    add("alain", Role.ADMINISTRATOR)
    services.deactivate(name="anne", by="alain")
    assert authenticate(username="anne", password=PASSWORD) is None


def test_an_unknown_user_is_said_to_be_so() -> None:
    with pytest.raises(NotFound, match="nobody"):
        services.set_password(name="nobody", password=PASSWORD, by="cli:root")


def test_logins_and_failed_logins_are_in_the_audit(client: Client) -> None:
    add("marie", Role.VIEWER)
    assert client.login(username="marie", password=PASSWORD)
    assert not client.login(username="marie", password="wrong")
    actions = list(
        AuditEntry.objects.filter(subject="marie", action__startswith="login")
        .order_by("id")
        .values_list("action", "actor")
    )
    assert actions == [("login", "marie"), ("login.failed", "anonymous")]


def test_the_audit_takes_what_a_stranger_types() -> None:
    entry = services.record(action="login.failed", subject="\x00" + "é" * 400, actor="anonymous")
    entry.refresh_from_db()
    assert len(entry.subject) == 150
    assert "\x00" not in entry.subject
