"""The configuration over the API: read, tried, edited once, reverted; no secret comes out."""

from typing import Any

import pytest
from django.test import Client

from controller.configuration.models import Revision
from controller.configuration.pillar import pillar
from controller.configuration.sealed import MASK
from tests import fleets

pytestmark = pytest.mark.django_db
JSON = "application/json"
SITE = "/api/configuration/layers/site/ambert"
REGION = "/api/configuration/layers/region/-"
WIFI = {"network": {"wifi": {"hall": {"ssid": "Mairie", "password": "clé-de-la-mairie"}}}}


def put(client: Client, path: str, document: dict[str, Any], etag: str | None = None) -> Any:
    headers = {"If-Match": etag} if etag else {}
    body = {"document": document, "why": "a test"}
    return client.put(path, body, content_type=JSON, headers=headers)


def test_a_layer_is_edited_and_read_again(administrator: Client) -> None:
    fleets.kiosk()
    empty = administrator.get(SITE)
    assert (empty.json()["revision"], empty.json()["document"]) == (0, {})

    saved = put(administrator, SITE, {"journal": {"max_mb": 100}}, empty.headers["ETag"])

    assert saved.status_code == 200
    again = administrator.get(SITE)
    assert again.json()["document"] == {"journal": {"max_mb": 100}}
    assert again.headers["ETag"] == saved.headers["ETag"]
    assert [each["place"] for each in administrator.get("/api/configuration/layers").json()] == [
        "ambert"
    ]


def test_an_edit_of_what_somebody_else_changed_is_refused(administrator: Client) -> None:
    fleets.kiosk()
    etag = administrator.get(SITE).headers["ETag"]
    assert put(administrator, SITE, {"journal": {"max_mb": 100}}, etag).status_code == 200

    assert put(administrator, SITE, {"journal": {"max_mb": 200}}, etag).status_code == 412
    assert Revision.objects.count() == 1


def test_an_error_says_what_and_where(administrator: Client) -> None:
    answer = put(administrator, REGION, {"watchdog": {"timeout_s": 2}})

    assert answer.status_code == 409
    assert (
        "watchdog.timeout_s is 2, must be a whole number from 10 to 600" in answer.json()["error"]
    )


def test_no_answer_has_a_secret(administrator: Client) -> None:
    fleets.kiosk()
    number = put(administrator, SITE, WIFI).json()["revision"]
    put(administrator, SITE, {})

    paths = (
        SITE,
        f"{SITE}/history",
        f"/api/configuration/revisions/{number}",
        f"/api/configuration/revisions/{number}/differences",
        "/api/configuration/kiosks/pvp-63003-1",
        "/api/audit",
    )
    answers = [administrator.get(path).content.decode() for path in paths]
    assert not [each for each in answers if "clé-de-la" in each or "gAAAA" in each]
    assert MASK in answers[2]


def test_a_trial_says_what_would_come_of_it_and_changes_nothing(administrator: Client) -> None:
    fleets.kiosk()
    good = {"document": {"journal": {"max_mb": 100}}}
    bad = {"document": {"printing": {"queues": {"a4": {}}}}}

    would, would_not = (
        administrator.post(f"{REGION}/trial", body, content_type=JSON).json()
        for body in (good, bad)
    )

    assert would["changes"] == ["pvp-63003-1"]
    assert [each["path"] for each in would["differences"]] == [["journal", "max_mb"]]
    assert list(would_not["broken"]) == ["pvp-63003-1"]
    assert Revision.objects.count() == 0


def test_a_revert_brings_back_what_was_said(administrator: Client) -> None:
    fleets.kiosk()
    first = put(administrator, SITE, {"journal": {"max_mb": 100}}).json()["revision"]
    put(administrator, SITE, {"journal": {"max_mb": 200}})
    path = f"/api/configuration/revisions/{first}/revert"

    answer = administrator.post(path, {"why": "too much"}, content_type=JSON)

    assert answer.json()["document"] == {"journal": {"max_mb": 100}}
    history = administrator.get(f"{SITE}/history").json()["items"]
    assert [each["reverts_to"] for each in history] == [first, None, None]


def test_what_holds_for_a_kiosk_names_its_sources(administrator: Client) -> None:
    fleets.kiosk()
    put(administrator, REGION, {"journal": {"max_mb": 100}})
    put(administrator, SITE, {"journal": {"max_days": 7}})

    found = administrator.get("/api/configuration/kiosks/pvp-63003-1").json()

    assert found["document"]["journal"] == {"max_mb": 100, "max_days": 7}
    assert found["document"]["time"]["zone"] == "Europe/Paris"
    assert {(each["path"][1], each["scope"]) for each in found["sources"]} == {
        ("max_mb", "region"),
        ("max_days", "site"),
    }
    assert not found["is_assigned"]


def test_a_kiosk_waits_for_what_was_edited_after_its_pillar(administrator: Client) -> None:
    fleets.kiosk()
    pillar("pvp-63003-1")
    put(administrator, REGION, {"journal": {"max_mb": 100}})

    found = administrator.get("/api/configuration/pending").json()

    assert [each["kiosk"] for each in found["items"]] == ["pvp-63003-1"]
    assert administrator.get("/api/configuration/kiosks/pvp-63003-1").json()["is_pending"]


def test_a_technician_reads_and_does_not_edit(technician: Client) -> None:
    fleets.kiosk()

    assert technician.get(SITE).status_code == 200
    assert put(technician, SITE, {}).status_code == 403


def test_the_schema_has_defaults_and_requires_nothing(administrator: Client) -> None:
    schema = administrator.get("/api/configuration/schema").json()

    assert schema["$defs"]["Journal"]["properties"]["max_mb"]["default"] == 200
    assert all("required" not in each for each in schema["$defs"].values())
