"""Guessing a password is slow, and shuts nobody else out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from controller.accounts import services
from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.accounts.throttle import PAIR

pytestmark = pytest.mark.django_db
PASSWORD = "vaste-plateau-42"


@pytest.fixture(autouse=True)
def _user() -> None:
    services.create_user(name="marie", password=PASSWORD, role=Role.VIEWER, by="cli:root")


def _try(password: str, address: str = "192.0.2.1") -> tuple[bool, str]:
    """Whether it let in, and the page."""
    said = {"username": "marie", "password": password}
    response = Client(REMOTE_ADDR=address).post("/login", said)
    return response.status_code == 302, response.content.decode()


def _fail(times: int) -> None:
    for _ in range(times):
        assert _try("wrong")[0] is False


def test_the_right_password_still_works_after_a_few_wrong_ones() -> None:
    _fail(PAIR.failures - 1)
    assert _try(PASSWORD)[0] is True


def test_after_too_many_the_page_says_how_long_to_wait() -> None:
    _fail(PAIR.failures)
    is_in, page = _try(PASSWORD)
    assert is_in is False
    assert "10 minutes" in page


def test_another_address_is_not_shut_out() -> None:
    _fail(PAIR.failures)
    assert _try(PASSWORD, "192.0.2.2")[0] is True


def _failed(ago: timedelta) -> None:
    """As many as are let, that long ago: the audit cannot be changed, so each is written anew."""
    _fail(1)
    now = timezone.now()
    like = AuditEntry.objects.filter(action="login.failed").values(
        "actor", "action", "subject", "address", "details"
    )[0]
    AuditEntry.objects.bulk_create(AuditEntry(at=now - ago, **like) for _ in range(PAIR.failures))


def test_the_wait_ends() -> None:
    _failed(PAIR.window + timedelta(seconds=1))
    assert _try(PASSWORD)[0] is True


def test_the_wait_lasts_for_the_window() -> None:
    _failed(PAIR.window - timedelta(minutes=5))
    assert _try(PASSWORD)[0] is False
