"""Edits: none is lost, none is made twice, none goes beyond its token."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from controller.accounts.models import ApiToken, AuditEntry
from controller.accounts.roles import Role
from controller.accounts.scopes import Scope
from controller.accounts.tokens import make_token
from controller.alerts.models import Alert, StoredRule
from controller.alerts.services import ensure_builtin
from controller.api.limits import Limits, Rate
from controller.api.urls import api
from controller.commands.models import Command
from tests import fleets
from tests.people import caller

pytestmark = pytest.mark.django_db
JSON = "application/json"
RULE = "kiosk-offline"


@pytest.fixture
def rule(administrator: Client) -> dict[str, Any]:
    ensure_builtin()
    key = StoredRule.objects.filter(is_deleted=False).first()
    assert key is not None
    answer = administrator.get(f"/api/rules/{key.pk}")
    return {"etag": answer.headers["ETag"], **answer.json()}


def put(client: Client, rule: dict[str, Any], etag: str, for_s: int) -> int:
    body = {"rule": {**rule["rule"], "for_s": for_s}, "why": "too soon"}
    headers = {"If-Match": etag}
    path = f"/api/rules/{rule['key']}"
    return client.put(path, body, content_type=JSON, headers=headers).status_code


def test_an_edit_of_what_was_read_is_kept(administrator: Client, rule: dict[str, Any]) -> None:
    assert put(administrator, rule, rule["etag"], 999) == 200
    assert StoredRule.objects.get(pk=rule["key"]).body["for_s"] == 999


def test_an_edit_of_what_somebody_else_changed_is_refused(
    administrator: Client, rule: dict[str, Any]
) -> None:
    assert put(administrator, rule, rule["etag"], 999) == 200
    assert put(administrator, rule, rule["etag"], 111) == 412
    assert StoredRule.objects.get(pk=rule["key"]).body["for_s"] == 999


def test_a_list_that_has_not_changed_is_not_sent_again(viewer: Client) -> None:
    fleets.status(fleets.kiosk(), timezone.now())
    etag = viewer.get("/api/kiosks").headers["ETag"]
    again = viewer.get("/api/kiosks", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    fleets.kiosk("pvp-2")
    assert viewer.get("/api/kiosks", headers={"If-None-Match": etag}).status_code == 200


def order(client: Client, kiosk: str, key: str, name: str = "ping") -> Any:
    path, headers = f"/api/kiosks/{kiosk}/commands", {"Idempotency-Key": key}
    return client.post(path, {"name": name}, content_type=JSON, headers=headers)


def test_an_order_sent_again_with_its_key_is_the_same_order(technician: Client) -> None:
    kiosk = fleets.kiosk()
    first, again = order(technician, kiosk.pk, "k1"), order(technician, kiosk.pk, "k1")
    other = order(technician, kiosk.pk, "k2")
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert Command.objects.count() == 2


def test_a_key_is_not_taken_for_another_order(technician: Client) -> None:
    kiosk = fleets.kiosk()
    order(technician, kiosk.pk, "k1")
    answer = order(technician, kiosk.pk, "k1", name="restart-agent")
    assert answer.status_code == 409


def with_token(scope: Scope) -> Client:
    secret = make_token(
        user=caller(Role.ADMINISTRATOR),
        label="x",
        lifetime=timedelta(days=1),
        by="cli:root",
        scopes=[scope],
    )
    return Client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})


def test_a_token_makes_none_that_covers_more_than_itself() -> None:
    admin = with_token(Scope.ADMIN)
    wider = {"label": "wider", "scopes": ["act"]}
    assert admin.post("/api/tokens", wider, content_type=JSON).status_code == 403
    same = {"label": "same", "scopes": ["admin"]}
    assert admin.post("/api/tokens", same, content_type=JSON).status_code == 201
    assert ApiToken.objects.get(label="same").scopes == ["admin", "read"]


def test_who_calls_too_often_is_told_how_long_to_wait(
    viewer: Client, technician: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_limits", Limits(Rate(burst=2, per_minute=1)))
    codes = [viewer.get("/api/summary").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert 1 <= int(viewer.get("/api/summary").headers["Retry-After"]) <= 60
    assert technician.get("/api/summary").status_code == 200


def test_what_is_mounted_nowhere_and_a_wrong_method_are_said_as_errors(viewer: Client) -> None:
    nowhere = viewer.get("/api/nothing")
    assert (nowhere.status_code, list(nowhere.json())) == (404, ["error"])
    wrong = viewer.delete("/api/summary")
    assert (wrong.status_code, list(wrong.json())) == (405, ["error"])


@pytest.mark.parametrize("body", ['{"why": NaN}', '{"why": "\\ud800"}', '{"why": "\\u0000"}', "{"])
def test_a_body_that_no_database_takes_is_refused(administrator: Client, body: str) -> None:
    path = f"/api/kiosks/{fleets.kiosk().pk}/revocation"
    assert administrator.post(path, body, content_type=JSON).status_code == 400


def test_an_alert_is_acknowledged_with_its_story(technician: Client) -> None:
    now = timezone.now()
    alert = Alert.objects.create(
        fingerprint="x", rule=RULE, severity="critical", cause="kiosk", culprit="pvp-1",
        kiosk=fleets.kiosk("pvp-1"), state="firing", since=now, fired_at=now,
    )  # fmt: skip
    path = f"/api/alerts/{alert.pk}/acknowledgement"
    told = technician.post(path, {"note": "on my way"}, content_type=JSON).json()
    assert (told["acknowledged_by"], told["note"]) == ("technician", "on my way")
    assert [line["name"] for line in told["timeline"]] == ["acknowledged"]
    assert technician.get("/api/alerts?state=open").json()["count"] == 1


def test_a_secret_is_written_and_never_read(administrator: Client) -> None:
    wish = {
        "title": "Mail",
        "kind": "webhook",
        "settings": {"url": "https://hooks.example.org/vigie"},
        "secret": "sesame-ouvre-toi-0123456789",
    }
    made = administrator.put("/api/channels/hook", wish, content_type=JSON)
    assert made.status_code == 200, made.content
    assert made.json()["has_secret"] is True
    shown = administrator.get("/api/channels/hook").content + made.content
    assert b"sesame" not in shown
    assert "sesame" not in str(list(AuditEntry.objects.values()))


def test_the_audit_is_a_page_and_a_file(administrator: Client) -> None:
    page = administrator.get("/api/audit?action=user.").json()
    assert page["items"][0]["action"] == "user.create"
    file = administrator.get("/api/audit/export?form=jsonl")
    assert file.headers["Content-Type"].startswith("application/x-ndjson")
    assert b'"user.create"' in file.content


@pytest.mark.parametrize("since", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00%2B14:00"])
def test_a_time_beyond_the_calendar_is_refused(viewer: Client, since: str) -> None:
    for path in ("/api/alerts", "/api/commands", "/api/kiosks/pvp-1/events"):
        assert viewer.get(f"{path}?since={since}").status_code == 422


def test_the_hour_of_a_digest_is_the_controllers_own(administrator: Client) -> None:
    def put(hour: str) -> int:
        wish = {"name": "IT", "digest_at": hour}
        return administrator.put("/api/contacts/it", wish, content_type=JSON).status_code

    assert put("07:30:00Z") == 422
    assert put("07:30") == 200
    assert administrator.get("/api/contacts/it").json()["digest_at"] == "07:30:00"
