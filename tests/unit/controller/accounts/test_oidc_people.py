"""Who the provider's people are to us, by issuer and subject."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from controller.accounts import services
from controller.accounts.oidc import Refusal, admit
from controller.accounts.roles import Role, role_of
from controller.config import Oidc
from controller.errors import LoginRefused, Refused
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CONF = Oidc(issuer="https://id.example.org", viewers=("agents",), technicians=("techniciens",))


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "7", "preferred_username": "marie", "groups": ["agents"], **changes}


def refusal(**changes: Any) -> str:
    with pytest.raises(LoginRefused) as refused:
        admit(claims(**changes), CONF, NOW)
    return refused.value.reason


def test_the_same_subject_is_the_same_user_whatever_he_is_called_now() -> None:
    marie = admit(claims(), CONF, NOW)
    assert admit(claims(preferred_username="marie.durand"), CONF, NOW) == marie
    assert User.objects.count() == 1


def test_another_subject_never_becomes_a_user_by_the_name_alone() -> None:
    admit(claims(), CONF, NOW)
    assert refusal(sub="8") == Refusal.NAME_TAKEN


def test_a_local_user_is_never_taken_over() -> None:
    services.create_user(name="Marie", password=PASSWORD, role=Role.VIEWER, by="cli:root")
    assert refusal() == Refusal.NAME_TAKEN


@pytest.mark.parametrize("name", ["", None, "a b", "x" * 151, "../etc"])
def test_a_name_that_cannot_be_one_is_refused(name: object) -> None:
    assert refusal(preferred_username=name) == Refusal.NO_NAME


@pytest.mark.parametrize("groups", [None, [], "choir", ["choir"], {"agents": 1}, 7, [["agents"]]])
def test_no_group_with_a_role_is_no_way_in(groups: object) -> None:
    assert refusal(groups=groups) == Refusal.NO_ROLE
    assert not User.objects.exists()


def test_who_is_shut_out_here_stays_out() -> None:
    marie = admit(claims(), CONF, NOW)
    services.deactivate(name=marie.username, by="cli:root")
    assert refusal() == Refusal.DISABLED


def test_who_lost_his_groups_keeps_no_role() -> None:
    marie = admit(claims(groups=["techniciens"]), CONF, NOW)
    assert role_of(marie) is Role.TECHNICIAN
    assert refusal(groups=[]) == Refusal.NO_ROLE
    assert role_of(User.objects.get()) is None


def test_no_password_of_ours_opens_the_account() -> None:
    marie = admit(claims(), CONF, NOW)
    assert not marie.has_usable_password()
    with pytest.raises(Refused, match="OpenID Connect"):
        services.reset_password(name="marie", by="anne")
