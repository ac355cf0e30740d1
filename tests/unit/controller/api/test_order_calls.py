"""Giving orders through the API, and who is let in."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.accounts.services import create_user
from controller.accounts.tokens import make_token
from controller.commands.models import Command
from controller.commands.services import order
from controller.fleet.models import Kiosk, Lifecycle
from tests import fleets

pytestmark = pytest.mark.django_db


@pytest.fixture
def kiosk() -> Kiosk:
    return fleets.kiosk()


def post(client: Client, kiosk: str, body: dict[str, Any], **more: Any) -> HttpResponse:
    return client.post(
        f"/api/kiosks/{kiosk}/commands", json.dumps(body), "application/json", **more
    )


def bearer(role: Role) -> dict[str, str]:
    user = create_user(name="script", password="vaste-plateau-42", role=role, by="cli:root")
    secret = make_token(user=user, label="test", lifetime=timedelta(days=1), by="cli:root")
    return {"authorization": f"Bearer {secret}"}


def test_an_order_is_accepted_and_can_be_followed(technician: Client, kiosk: Kiosk) -> None:
    answer = post(technician, kiosk.pk, {"name": "reboot", "why": "écran noir"})
    assert answer.status_code == 202
    command = answer.json()
    assert (command["state"], command["is_final"], command["by"]) == ("queued", False, "technician")
    assert command["kiosk"] == kiosk.pk
    followed = technician.get(f"/api/commands/{command['id']}").json()
    assert [event["state"] for event in followed["events"]] == ["queued"]
    assert AuditEntry.objects.get(action="command.reboot").address == "127.0.0.1"


def test_a_viewer_may_not_order(viewer: Client, kiosk: Kiosk) -> None:
    english = {"accept-language": "en"}
    answer = post(viewer, kiosk.pk, {"name": "reboot"}, headers=english)
    assert answer.status_code == 403
    assert "viewer may not do this (commands.run_*)" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"name": "halt"}, "'halt'"),
        ({"name": "reboot", "args": {"delay_s": -1}}, "delay_s"),
        ({"name": "reboot", "forced": True}, "forced"),
        ({"name": "reboot", "expires_in_s": "soon"}, "expires_in_s"),
        ({}, "name"),
    ],
)
def test_a_wrong_order_says_what_is_wrong(
    technician: Client, kiosk: Kiosk, body: dict[str, Any], part: str
) -> None:
    answer = post(technician, kiosk.pk, body)
    assert answer.status_code == 422
    assert part in answer.json()["error"]
    assert not Command.objects.exists()


def test_an_order_that_may_not_be_done_now_is_a_conflict(technician: Client) -> None:
    retired = fleets.kiosk(lifecycle=Lifecycle.RETIRED)
    assert post(technician, retired.pk, {"name": "ping"}).status_code == 409


def test_an_order_to_no_kiosk_is_not_found(technician: Client) -> None:
    assert post(technician, "pvp-404", {"name": "ping"}).status_code == 404


def test_nobody_is_told_to_log_in_and_not_sent_to_a_page(db: None, kiosk: Kiosk) -> None:
    for answer in (Client().get("/api/kiosks"), post(Client(), kiosk.pk, {"name": "ping"})):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "vigie user token" in answer.json()["error"]


def test_a_session_must_carry_the_csrf_token_to_write(kiosk: Kiosk) -> None:
    create_user(name="marie", password="vaste-plateau-42", role=Role.TECHNICIAN, by="cli:root")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="marie"))
    assert client.get("/api/kiosks").status_code == 200
    assert post(client, kiosk.pk, {"name": "ping"}).status_code == 403
    assert not Command.objects.exists()


def test_a_token_orders_as_its_user_and_needs_no_csrf_token(kiosk: Kiosk) -> None:
    headers = bearer(Role.TECHNICIAN)
    client = Client(enforce_csrf_checks=True)
    answer = post(client, kiosk.pk, {"name": "ping"}, headers=headers)
    assert answer.status_code == 202
    assert answer.json()["by"] == "script"


def test_a_wrong_token_lets_nobody_in(db: None) -> None:
    headers = {"authorization": "Bearer vigie_wrong"}
    assert Client().get("/api/kiosks", headers=headers).status_code == 401


def test_history_is_cut_into_pages_at_a_constant_cost(
    viewer: Client, kiosk: Kiosk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        order(kiosk=kiosk, name="ping", args={}, user=None, actor="cli:root")
    with django_assert_num_queries(6):  # session, user, kiosk, count, page, events
        answer = viewer.get(f"/api/kiosks/{kiosk.pk}/commands?limit=3").json()
    assert answer["count"] == 10
    assert len(answer["items"]) == 3


def test_the_description_is_open_and_names_every_call(db: None) -> None:
    described = Client().get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert set(described["paths"]) >= {
        "/api/kiosks",
        "/api/kiosks/{kiosk_id}",
        "/api/kiosks/{kiosk_id}/events",
        "/api/kiosks/{kiosk_id}/readings",
        "/api/kiosks/{kiosk_id}/sessions",
        "/api/kiosks/{kiosk_id}/commands",
        "/api/commands/{command_id}",
        "/api/summary",
        "/api/gaps",
        "/api/rejected",
    }
