"""Sessions end unused, by age, and by decision; cookies are for this host alone."""

from datetime import timedelta
from importlib import reload
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

import controller.settings
from controller.accounts import sessions
from controller.accounts.models import LoginSession
from controller.accounts.roles import Role
from tests.people import PASSWORD, browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Client:
    return browser(Role.VIEWER)


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def age(client: Client, *, began: timedelta = timedelta(), seen: timedelta = timedelta()) -> None:
    session = client.session
    session["login.began"] -= began.total_seconds()
    session["login.seen"] -= seen.total_seconds()
    session.save()


def test_a_session_that_nobody_used_for_long_is_over(page: Client) -> None:
    age(page, seen=timedelta(minutes=121))
    assert not is_in(page)
    assert not LoginSession.objects.exists()


def test_a_session_in_use_is_over_after_its_day(page: Client) -> None:
    age(page, began=timedelta(hours=12, seconds=1))
    assert not is_in(page)


def test_a_person_who_asks_for_a_page_keeps_the_session_alive(page: Client) -> None:
    age(page, seen=timedelta(minutes=119))
    assert is_in(page)
    age(page, seen=timedelta(minutes=119))
    assert is_in(page)


def test_a_page_that_refreshes_itself_does_not(page: Client) -> None:
    age(page, seen=timedelta(minutes=119))
    part = {"HX-Request": "true", "HX-Trigger": "board"}
    assert page.get("/board", headers=part).status_code == 200
    age(page, seen=timedelta(minutes=2))
    assert page.get("/board", headers=part).status_code == 401


def test_the_api_knows_the_end_of_a_session_too(page: Client) -> None:
    age(page, seen=timedelta(minutes=121))
    assert page.get("/api/summary").status_code == 401


def test_a_session_that_was_ended_elsewhere_is_out(page: Client) -> None:
    user = User.objects.get(username="viewer")
    entry = LoginSession.objects.get()
    sessions.end(user=user, session_id=entry.pk, by="viewer")
    assert not is_in(page)


def test_a_logout_leaves_nothing_to_be_listed(page: Client) -> None:
    page.post("/logout")
    assert not LoginSession.objects.exists()


def test_what_is_over_is_cleared_away(page: Client) -> None:
    assert sessions.clear(timezone.now()) == 0
    assert sessions.clear(timezone.now() + timedelta(hours=13)) == 1
    assert not is_in(page)


def test_a_login_gives_the_session_another_key(client: Client) -> None:
    browser(Role.VIEWER)
    session = client.session
    session["before"] = "the login"
    session.save()
    client.cookies["sessionid"] = session.session_key
    client.post("/login", {"username": "viewer", "password": PASSWORD})
    assert client.session.session_key != session.session_key


def test_cookies_are_kept_from_scripts_and_from_other_sites(client: Client) -> None:
    browser(Role.VIEWER)
    client.get("/login")
    said = {"username": "viewer", "password": PASSWORD}
    cookies = client.post("/login", said).cookies
    for name in ("sessionid", "csrftoken"):
        assert cookies[name]["httponly"] is True
        assert cookies[name]["samesite"] == "Lax"
        assert cookies[name]["domain"] == ""
        assert cookies[name]["path"] == "/"


def test_behind_tls_cookies_are_for_this_host_and_by_tls_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vigie.toml").write_text('[web]\npublic_url = "https://vigie.example.org"\n')
    (tmp_path / "secret_key").write_text("only-for-tests")
    with monkeypatch.context() as patch:
        patch.setenv("VIGIE_HOME", str(tmp_path))
        told = reload(controller.settings)
        assert told.SESSION_COOKIE_NAME == "__Host-sessionid"
        assert told.CSRF_COOKIE_NAME == "__Host-csrftoken"
        assert told.SESSION_COOKIE_SECURE
        assert told.CSRF_COOKIE_SECURE
        assert told.SECURE_HSTS_SECONDS == 31_536_000
    reload(controller.settings)
