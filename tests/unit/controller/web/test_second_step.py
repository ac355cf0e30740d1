"""Between the password and the code: nobody is in, whatever he asks for."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from controller.accounts import second_factor, services
from controller.accounts.models import AuditEntry
from controller.accounts.pending import LIFETIME
from controller.accounts.roles import Role, ensure_roles
from controller.accounts.throttle import PAIR
from controller.config import Config, Login
from tests.people import PASSWORD, code_of

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=30)


@pytest.fixture
def marie() -> User:
    ensure_roles()
    return services.create_user(
        name="marie", password=PASSWORD, role=Role.TECHNICIAN, by="cli:root"
    )


@pytest.fixture
def key(marie: User) -> str:
    """Marie's app: turned on long enough ago that the present code is fresh."""
    before = timezone.now() - timedelta(hours=1)
    made = second_factor.propose(marie, before)
    assert second_factor.confirm(marie, code_of(made, before), before) is not None
    return made


@pytest.fixture
def strict(settings: Settings) -> None:
    """A second factor is asked of technicians and administrators."""
    ours: Config = settings.VIGIE
    settings.VIGIE = Config(home=ours.home, login=Login(second_factor="technicians"))


def password(client: Client, page: str = "/account") -> str:
    """Type the password; where it leads."""
    said = {"username": "marie", "password": PASSWORD, "next": page}
    return client.post("/login", said).headers["Location"]


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def now_code(key: str, later: timedelta = timedelta()) -> str:
    at: datetime = timezone.now() + later
    return code_of(key, at)


def test_the_password_alone_opens_neither_pages_nor_api(key: str, client: Client) -> None:
    assert password(client) == "/login/code"
    assert not is_in(client)
    assert client.get("/api/summary").status_code == 401


def test_the_code_opens_the_page_that_was_asked_for(key: str, client: Client) -> None:
    password(client, "/account")
    response = client.post("/login/code", {"code": now_code(key)})
    assert response.headers["Location"] == "/account"
    assert is_in(client)
    assert AuditEntry.objects.get(action="login").details["way"] == "second-factor"


def test_a_wrong_code_opens_nothing_and_is_in_the_audit(key: str, client: Client) -> None:
    password(client)
    page = client.post("/login/code", {"code": "000000"}).content.decode()
    assert 'aria-invalid="true"' in page
    assert not is_in(client)
    assert AuditEntry.objects.get(action="login.failed").subject == "marie"


def test_codes_are_guessed_as_slowly_as_passwords(key: str, client: Client) -> None:
    password(client)
    for _ in range(PAIR.failures):
        client.post("/login/code", {"code": "000000"})
    page = client.post("/login/code", {"code": now_code(key)}).content.decode()
    assert "10 minutes" in page
    assert not is_in(client)


def test_a_code_without_a_password_leads_to_the_login(key: str, client: Client) -> None:
    assert client.get("/login/code").headers["Location"] == "/login"
    assert client.post("/login/code", {"code": now_code(key)}).headers["Location"] == "/login"


def test_the_password_is_asked_again_after_a_while(key: str, client: Client) -> None:
    password(client)
    session = client.session
    session["login.pending"]["at"] -= LIFETIME.total_seconds() + 1
    session.save()
    assert client.post("/login/code", {"code": now_code(key)}).headers["Location"] == "/login"
    assert not is_in(client)


def test_a_password_that_was_changed_meanwhile_does_not_count(key: str, client: Client) -> None:
    password(client)
    services.set_password(name="marie", password="autre-plateau-43", by="cli:root")
    assert client.post("/login/code", {"code": now_code(key)}).headers["Location"] == "/login"


def test_who_is_shut_out_meanwhile_stays_out(key: str, client: Client) -> None:
    services.create_user(name="anne", password=PASSWORD, role=Role.ADMINISTRATOR, by="cli:root")
    password(client)
    services.deactivate(name="marie", by="anne")
    assert client.post("/login/code", {"code": now_code(key)}).headers["Location"] == "/login"


def test_the_session_has_another_key_after_each_step(key: str, client: Client) -> None:
    client.get("/login")
    password(client)
    between = client.session.session_key
    client.post("/login/code", {"code": now_code(key)})
    assert client.session.session_key != between


@pytest.mark.usefixtures("strict", "marie")
def test_who_must_have_a_second_factor_sets_it_up_before_he_is_in(client: Client) -> None:
    assert password(client) == "/login/second-factor"
    assert not is_in(client)
    page = client.get("/login/second-factor").content.decode()
    assert "<svg" in page
    shown = re.search(r'class="key">([^<]+)<', page)
    assert shown is not None
    done = client.post("/login/second-factor", {"code": now_code(shown[1])})
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", done.content.decode())
    assert len(codes) == second_factor.RECOVERY_CODES
    assert "no-store" in done.headers["Cache-Control"]
    assert is_in(client)


@pytest.mark.usefixtures("strict")
def test_a_session_by_password_alone_ends_when_the_role_asks_for_more(client: Client) -> None:
    ensure_roles()
    services.create_user(name="vera", password=PASSWORD, role=Role.VIEWER, by="cli:root")
    client.post("/login", {"username": "vera", "password": PASSWORD})
    assert is_in(client)
    services.change_role(name="vera", role=Role.TECHNICIAN, by="cli:root")
    assert not is_in(client)


def test_the_login_is_kept_in_no_cache(client: Client) -> None:
    assert "no-store" in client.get("/login").headers["Cache-Control"]
