"""Passwords are kept by Argon2, and old ones become so when they are next typed."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from controller.accounts.hashing import Argon2

pytestmark = pytest.mark.django_db
PASSWORD = "vaste-plateau-42"


@pytest.fixture
def slow_passwords() -> None:
    """The hashers of the settings."""


@pytest.mark.usefixtures("slow_passwords")
def test_a_new_password_is_kept_by_argon2id_as_rfc_9106_says() -> None:
    assert make_password(PASSWORD).startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.usefixtures("slow_passwords")
def test_an_old_hash_is_made_anew_at_the_next_login() -> None:
    user = User.objects.create(
        username="marie", password=make_password(PASSWORD, hasher="pbkdf2_sha256")
    )
    assert authenticate(username="marie", password=PASSWORD) == user
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert authenticate(username="marie", password=PASSWORD) == user


@pytest.mark.usefixtures("slow_passwords")
def test_an_unknown_name_costs_a_hash_like_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create(username="marie", password=make_password(PASSWORD))
    User.objects.create(username="oidc", password=make_password(None))
    hashed: list[str] = []
    encode, verify = Argon2.encode, Argon2.verify
    monkeypatch.setattr(
        Argon2, "encode", lambda *a, **k: (hashed.append("encode"), encode(*a, **k))[1]
    )
    monkeypatch.setattr(
        Argon2, "verify", lambda *a, **k: (hashed.append("verify"), verify(*a, **k))[1]
    )
    costs = {}
    for name in ("marie", "nobody", "oidc"):
        hashed.clear()
        assert authenticate(username=name, password="wrong") is None
        costs[name] = len(hashed)
    assert costs == {"marie": 1, "nobody": 1, "oidc": 1}
