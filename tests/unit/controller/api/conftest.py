"""The API mounted on its own, and people to call it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import path

from controller.accounts.roles import Role
from controller.accounts.services import create_user
from controller.api.urls import api

urlpatterns = [path("api/", api.urls)]
PASSWORD = "vaste-plateau-42"


@pytest.fixture(autouse=True)
def _mounted() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


def _logged_in(role: Role) -> Client:
    create_user(name=str(role), password=PASSWORD, role=role, by="cli:root")
    client = Client()
    client.force_login(User.objects.get(username=str(role)))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    return _logged_in(Role.VIEWER)


@pytest.fixture
def technician(db: None) -> Client:
    return _logged_in(Role.TECHNICIAN)


@pytest.fixture
def administrator(db: None) -> Client:
    return _logged_in(Role.ADMINISTRATOR)
