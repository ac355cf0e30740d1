"""My account, and the users' administration, as people use them."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from controller.accounts import second_factor, services
from controller.accounts.models import AuditEntry, Identity, LoginSession
from controller.accounts.roles import Role, ensure_roles, role_of
from controller.accounts.tokens import make_token, token_of, user_of
from tests.people import PASSWORD, browser, code_of

pytestmark = pytest.mark.django_db
NEW = "autre-plateau-43"


@pytest.fixture
def admin() -> Client:
    return browser(Role.ADMINISTRATOR, "en")


@pytest.fixture
def marie(admin: Client) -> User:
    return services.create_user(name="marie", password=PASSWORD, role=Role.VIEWER, by="cli:root")


def logged_in(name: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.post("/login", {"username": name, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def link_in(page: str) -> str:
    found = re.search(r"http://testserver(/password/[^<]+)", page)
    assert found is not None
    return found[1]


def choose(path: str, password: str) -> Client:
    client = Client()
    form = client.get(path)
    assert form.status_code == 302  # the token leaves the address, so that nothing passes it on
    said = {"new_password1": password, "new_password2": password}
    client.post(form.headers["Location"], said)
    return client


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(marie: User) -> None:
    here, there = logged_in("marie"), logged_in("marie")
    said = {"password": PASSWORD, "new": NEW, "again": NEW}
    assert here.post("/account/password", said).status_code == 302
    assert is_in(here)
    assert not is_in(there)
    assert LoginSession.objects.filter(user=marie).count() == 1


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"password": "wrong", "new": NEW, "again": NEW}, "not your password"),
        ({"password": PASSWORD, "new": "court", "again": "court"}, "too short"),
        ({"password": PASSWORD, "new": NEW, "again": "other"}, "not the same"),
    ],
)
def test_a_password_that_cannot_be_changed_so_is_said_why(
    marie: User, said: dict[str, str], problem: str
) -> None:
    client = logged_in("marie")
    response = client.post("/account/password", said)
    assert response.status_code == 422
    assert problem in response.content.decode()
    marie.refresh_from_db()
    assert marie.check_password(PASSWORD)


def test_turning_the_second_factor_on_ends_sessions_by_password_alone(marie: User) -> None:
    here, there = logged_in("marie"), logged_in("marie")
    page = here.get("/account/second-factor").content.decode()
    shown = re.search(r'class="key">([^<]+)<', page)
    assert shown is not None
    done = here.post("/account/second-factor", {"code": code_of(shown[1], timezone.now())})
    assert "shown only now" in done.content.decode()
    assert is_in(here)
    assert not is_in(there)


def test_the_second_factor_is_removed_by_the_password_only(marie: User) -> None:
    before = timezone.now() - timedelta(hours=1)
    client = logged_in("marie")
    second_factor.confirm(marie, code_of(second_factor.propose(marie, before), before), before)
    assert client.post("/account/second-factor/remove", {"password": "x"}).status_code == 422
    assert second_factor.is_on(marie)
    assert client.post("/account/second-factor/remove", {"password": PASSWORD}).status_code == 302
    assert not second_factor.is_on(marie)


def test_i_see_my_sessions_and_end_another_one_of_mine(marie: User) -> None:
    here, there = logged_in("marie"), logged_in("marie")
    page = here.get("/account").content.decode()
    (other,) = re.findall(r"/account/sessions/(\d+)/end", page)
    here.post(f"/account/sessions/{other}/end")
    assert is_in(here)
    assert not is_in(there)


def test_nobody_ends_the_session_of_somebody_else(marie: User, admin: Client) -> None:
    theirs = LoginSession.objects.get(user__username="administrator")
    assert logged_in("marie").post(f"/account/sessions/{theirs.pk}/end").status_code == 404
    assert is_in(admin)


def test_i_revoke_a_token_of_mine(marie: User) -> None:
    secret = make_token(user=marie, label="export", lifetime=timedelta(days=1), by="cli:root")
    client = logged_in("marie")
    assert "export" in client.get("/account").content.decode()
    client.post("/account/tokens/revoke", {"label": "export"})
    assert user_of(secret, timezone.now()) is None
    assert AuditEntry.objects.get(action="token.revoke").address == "127.0.0.1"


@pytest.mark.parametrize("address", ["/users", "/new-user", "/users/marie"])
def test_only_administrators_see_users(marie: User, admin: Client, address: str) -> None:
    assert admin.get(address).status_code == 200
    assert logged_in("marie").get(address).status_code == 403


@pytest.mark.parametrize(
    "deed", ["role", "disable", "enable", "password", "second-factor", "sessions/end"]
)
def test_only_administrators_change_users(marie: User, deed: str) -> None:
    assert logged_in("marie").post(f"/users/marie/{deed}", {"role": "viewer"}).status_code == 403


def test_somebody_new_chooses_his_password_by_a_link_that_works_once(admin: Client) -> None:
    page = admin.post("/new-user", {"name": "paul", "role": "technician"}).content.decode()
    path = link_in(page)
    choose(path, NEW)
    paul = User.objects.get(username="paul")
    assert paul.check_password(NEW)
    assert role_of(paul) is Role.TECHNICIAN
    over = Client(headers={"accept-language": "en"}).get(path)
    assert "This link is over" in over.content.decode()


@pytest.mark.parametrize(("name", "said"), [("Marie", "this name already"), ("a b", "valid")])
def test_a_name_that_cannot_be_taken_is_said_beside_it(
    marie: User, admin: Client, name: str, said: str
) -> None:
    response = admin.post("/new-user", {"name": name, "role": "viewer"})
    assert response.status_code == 422
    assert said in response.content.decode().split('id="name-problem"')[1].split("</p>")[0]
    assert not User.objects.filter(username=name).exists()


def test_a_reset_ends_the_old_password_and_the_sessions_at_once(marie: User, admin: Client) -> None:
    theirs = logged_in("marie")
    path = link_in(admin.post("/users/marie/password").content.decode())
    assert not is_in(theirs)
    assert not is_in(logged_in("marie"))
    choose(path, NEW)
    marie.refresh_from_db()
    assert marie.check_password(NEW)
    entry = AuditEntry.objects.get(action="user.password-reset")
    assert (entry.subject, entry.actor, entry.address) == ("marie", "administrator", "127.0.0.1")
    entry = AuditEntry.objects.get(action="user.password")
    assert (entry.subject, entry.actor, entry.address) == ("marie", "marie", "127.0.0.1")


def test_the_last_administrator_is_told_why_he_cannot_leave(admin: Client) -> None:
    response = admin.post("/users/administrator/disable")
    assert response.status_code == 409
    assert "last administrator" in response.content.decode()
    assert is_in(admin)


def test_an_administrator_changes_a_role_shuts_out_and_lets_in_again(
    marie: User, admin: Client
) -> None:
    ensure_roles()
    admin.post("/users/marie/role", {"role": "technician"})
    assert role_of(User.objects.get(pk=marie.pk)) is Role.TECHNICIAN
    theirs = logged_in("marie")
    admin.post("/users/marie/disable")
    assert not is_in(theirs)
    admin.post("/users/marie/enable")
    assert is_in(logged_in("marie"))


def test_the_page_of_a_user_shows_his_role_and_not_the_readers(marie: User, admin: Client) -> None:
    page = admin.get("/users/marie").content.decode()
    chosen = re.findall(r'value="(\w+)" checked', page)
    assert chosen == ["viewer"]


def test_an_administrator_resets_a_lost_second_factor(marie: User, admin: Client) -> None:
    now = timezone.now()
    second_factor.confirm(marie, code_of(second_factor.propose(marie, now), now), now)
    admin.post("/users/marie/second-factor")
    assert not second_factor.is_on(marie)
    assert AuditEntry.objects.get(action="second-factor.reset").actor == "administrator"


TOKEN = {"label": "relevés", "lifetime": "30", "password": PASSWORD}


def test_a_token_is_made_on_ones_own_page_and_shown_once(marie: User) -> None:
    client = logged_in("marie")
    page = client.post("/account/tokens", TOKEN).content.decode()
    found = re.search(r"vigie_[\w-]+", page)
    assert found is not None
    token = token_of(found[0], timezone.now())
    assert token is not None
    assert (token.user, token.label, token.scopes) == (marie, "relevés", ["read"])
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    mine = client.get("/account").content.decode()
    assert "relevés" in mine
    assert found[0] not in mine


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"label": " "}, "label"),
        ({"password": "wrong"}, "password"),
        ({"lifetime": "36500"}, "lifetime"),
        ({"scopes": ["admin"]}, "scopes"),  # a viewer has no right that it would open
    ],
)
def test_a_token_that_cannot_be_is_refused_at_its_field(
    marie: User, changed: dict[str, object], field: str
) -> None:
    response = logged_in("marie").post("/account/tokens", TOKEN | changed)
    assert response.status_code == 422
    assert f'id="token_{field}_error"' in response.content.decode()
    assert not marie.api_tokens.exists()


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        (Role.VIEWER, []),
        (Role.TECHNICIAN, ["act", "alerts"]),
        (Role.ADMINISTRATOR, ["act", "alerts", "configure", "admin"]),
    ],
)
def test_a_token_may_be_given_what_its_user_may(role: Role, scopes: list[str]) -> None:
    page = browser(role, "en").get("/account").content.decode()
    assert re.findall(r'name="scopes" value="(\w+)"', page) == scopes


def test_who_has_no_password_here_is_not_asked_for_it(marie: User) -> None:
    Identity.objects.create(user=marie, issuer="https://id", subject="7", seen_at=timezone.now())
    client = logged_in("marie")
    client.force_login(marie)
    assert 'id="token_password"' not in client.get("/account").content.decode()
    said = {"label": "relevés", "lifetime": "90"}
    assert "vigie_" in client.post("/account/tokens", said).content.decode()
