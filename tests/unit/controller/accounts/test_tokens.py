"""API tokens: shown once, good until they expire, are revoked, or their user leaves."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from controller.accounts import services
from controller.accounts.models import ApiToken
from controller.accounts.roles import Role
from controller.accounts.tokens import make_token, revoke_token, scopes_of, token_of, user_of
from controller.errors import NotFound, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def marie() -> User:
    return services.create_user(
        name="marie", password="vaste-plateau-42", role=Role.TECHNICIAN, by="cli:root"
    )


def secret_of(user: User) -> str:
    return make_token(user=user, label="export", lifetime=timedelta(days=1), by="cli:root")


def test_a_token_names_its_user(marie: User) -> None:
    assert user_of(secret_of(marie), timezone.now()) == marie


def test_the_secret_itself_is_not_kept(marie: User) -> None:
    secret = secret_of(marie)
    row = ApiToken.objects.values().get()
    assert secret not in str(row)


def test_an_unknown_token_names_nobody(marie: User) -> None:
    assert user_of(secret_of(marie) + "x", timezone.now()) is None


def test_an_expired_token_names_nobody(marie: User) -> None:
    assert user_of(secret_of(marie), timezone.now() + timedelta(days=2)) is None


def test_a_revoked_token_names_nobody(marie: User) -> None:
    secret = secret_of(marie)
    assert revoke_token(user=marie, label="export", by="cli:root") == 1
    assert user_of(secret, timezone.now()) is None


def test_a_disabled_user_takes_his_tokens_along(marie: User) -> None:
    secret = secret_of(marie)
    services.deactivate(name="marie", by="cli:root")
    services.activate(name="marie", by="cli:root")
    assert user_of(secret, timezone.now()) is None


def test_its_last_use_is_noted_once_a_minute(marie: User) -> None:
    secret, now = secret_of(marie), timezone.now()
    user_of(secret, now)
    user_of(secret, now + timedelta(seconds=30))
    assert ApiToken.objects.get().last_used_at == now
    user_of(secret, now + timedelta(seconds=90))
    assert ApiToken.objects.get().last_used_at == now + timedelta(seconds=90)


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(days=1000)])
def test_a_lifetime_out_of_bounds_is_refused(marie: User, lifetime: timedelta) -> None:
    with pytest.raises(Refused, match="lifetime is"):
        make_token(user=marie, label="export", lifetime=lifetime, by="cli:root")


def test_revoking_what_is_not_there_is_said(marie: User) -> None:
    with pytest.raises(NotFound, match="'export'"):
        revoke_token(user=marie, label="export", by="cli:root")


def test_a_token_covers_its_scopes_and_reading(marie: User) -> None:
    secret = make_token(
        user=marie, label="export", lifetime=timedelta(days=1), by="cli:root", scopes=["act"]
    )
    token = token_of(secret, timezone.now())
    assert token is not None
    assert sorted(scopes_of(token)) == ["act", "read"]


def test_a_scope_that_is_none_is_refused(marie: User) -> None:
    with pytest.raises(Refused, match="scope is 'fly', must be one of: read, act"):
        make_token(
            user=marie, label="export", lifetime=timedelta(days=1), by="cli:root", scopes=["fly"]
        )
