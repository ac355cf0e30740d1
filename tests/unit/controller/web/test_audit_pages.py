"""The audit on its pages and as files."""

import csv
import io
import json

import pytest
from django.test import Client

from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.accounts.services import record
from tests.people import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    found = browser(Role.ADMINISTRATOR)
    record(action="command.reboot", subject="pvp-63003-1", actor="marie", why="écran noir")
    record(action="user.role", subject="paul", actor="=cmd()", details={"after": "viewer"})
    return found


def test_entries_are_filtered_and_opened(administrator: Client) -> None:
    content = administrator.get("/audit?action=command.&actor=marie").content.decode()
    assert "pvp-63003-1" in content
    assert "paul" not in content
    entry = AuditEntry.objects.get(action="user.role")
    detail = administrator.get(f"/audit/{entry.pk}").content.decode()
    assert "&quot;after&quot;: &quot;viewer&quot;" in detail


@pytest.mark.parametrize("query", ["since=not-a-day", "until=2026-02-31", "page=0"])
def test_filters_that_make_no_sense_are_left_out(administrator: Client, query: str) -> None:
    assert "paul" in administrator.get(f"/audit?{query}").content.decode()


def test_nothing_that_matches_is_said_so(administrator: Client) -> None:
    assert "Aucune entrée" in administrator.get("/audit?since=2099-01-01").content.decode()


def test_the_csv_keeps_accents_and_no_formula(administrator: Client) -> None:
    content = administrator.get("/audit/export.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["why"] for row in rows[-3:-1]] == ["écran noir", ""]
    assert rows[-2]["actor"] == "'=cmd()"


def test_the_json_lines_are_those_that_the_filters_leave(administrator: Client) -> None:
    response = administrator.get("/audit/export.jsonl?action=user.role")
    lines = response.content.decode().splitlines()
    assert [json.loads(line)["details"] for line in lines] == [{"after": "viewer"}]


@pytest.mark.parametrize("address", ["/audit", "/audit/export.csv", "/audit/1"])
def test_who_may_not_see_the_audit_sees_none_of_it(address: str) -> None:
    assert browser(Role.VIEWER).get(address).status_code == 403


def test_that_the_audit_was_exported_is_in_the_audit(administrator: Client) -> None:
    administrator.get("/audit/export.csv?subject=paul")
    entry = AuditEntry.objects.get(action="audit.export")
    assert (entry.actor, entry.address) == ("administrator", "127.0.0.1")
    assert entry.details == {"form": "csv", "subject": "paul"}


def test_actions_are_told_in_words(administrator: Client) -> None:
    content = administrator.get("/audit").content.decode().replace("\u00a0", " ")
    assert "Rôle modifié</a>" in content
    assert "Ordre : redémarrer la machine</a>" in content


def test_an_action_without_words_is_told_by_its_name(administrator: Client) -> None:
    record(action="kiosk.paint", subject="pvp-63003-1", actor="marie")
    assert "kiosk.paint</a>" in administrator.get("/audit").content.decode()


def test_there_is_no_other_export(administrator: Client) -> None:
    assert administrator.get("/audit/export.xml").status_code == 404
