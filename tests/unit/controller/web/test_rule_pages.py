"""Rules as people read and change them."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from controller.accounts.roles import Role
from controller.alerts.models import RuleVersion, StoredRule
from controller.alerts.rules import Match, Subject
from controller.alerts.services import ensure_builtin
from controller.web.rule_parts import PARTS
from tests.people import browser

pytestmark = pytest.mark.django_db
KEY = "printer-paper"
#: What a match says beside its subject; its threshold has fields of its own.
_MATCHED = {*Match.__struct_fields__} - {"subject", "threshold"}


@pytest.fixture(autouse=True)
def _rules() -> None:
    ensure_builtin()


@pytest.fixture
def administrator() -> Client:
    return browser(Role.ADMINISTRATOR)


def form(**changes: Any) -> dict[str, Any]:
    """What the form of a good rule says."""
    return {
        "title_fr": "Trop chaud",
        "title_en": "Too hot",
        "is_enabled": "on",
        "subject": "metric",
        "metric": "temperature_celsius",
        "side": "above",
        "bound": "85",
        "clear": "75",
        "for_s": "5 min",
        "clear_for_s": "1 h 30",
        "when": "always",
        "severity": "warning",
        "route": "default",
        "why": "essai",
    } | changes


def said(client: Client, address: str, given: dict[str, Any]) -> str:
    return client.post(address, given, follow=True).content.decode().replace("\u00a0", " ")


def test_the_list_tells_built_in_from_edited_from_own(administrator: Client) -> None:
    said(administrator, "/new-rule", form(key="very-hot"))
    administrator.post(f"/rules/{KEY}/switch", {"is_enabled": "no", "why": "grève"})
    content = administrator.get("/rules").content.decode()
    for words in ("Règle locale", "Intégrée, modifiée", "Désactivée"):
        assert words in content


def test_a_rule_of_ones_own_is_made_from_the_form(administrator: Client) -> None:
    said(administrator, "/new-rule", form(key="very-hot"))
    body = StoredRule.objects.get(pk="very-hot").body
    assert body["match"]["threshold"] == {
        "metric": "temperature_celsius",
        "clear": 75.0,
        "above": 85.0,
        "below": None,
    }
    assert (body["for_s"], body["clear_for_s"]) == (300, 5400)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_fr": ""}, "title_fr"),
        ({"clear": "95"}, "clear"),
        ({"bound": ""}, "bound"),
        ({"subject": "device"}, "subject"),
        ({"subject": "device", "metric": ""}, "health"),
        ({"for_s": "soon"}, "for_s"),
        ({"for_s": "90 d"}, "for_s"),
        ({"reasons": "Not A Keyword!"}, "reasons"),
        ({"left": "open"}, "left"),
        ({"key": "Very Hot"}, "key"),
        ({"key": KEY}, "key"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_saves_nothing(
    administrator: Client, changes: dict[str, str], field: str
) -> None:
    before = RuleVersion.objects.count()
    content = said(administrator, "/new-rule", form(key="very-hot") | changes)
    assert f'id="id_{field}_error"' in content
    assert RuleVersion.objects.count() == before


def test_the_form_of_a_rule_begins_with_what_it_says_now(administrator: Client) -> None:
    stored = StoredRule.objects.get(pk=KEY)
    content = administrator.get(f"/rules/{KEY}/edit").content.decode()
    assert stored.body["title"]["fr"] in content
    assert "media-empty" in content


def test_a_preview_saves_nothing(administrator: Client) -> None:
    before = RuleVersion.objects.count()
    content = said(administrator, "/new-rule", form(key="very-hot", preview="yes"))
    assert "Ces 30 derniers jours, cette règle aurait ouvert 0 alerte" in content
    assert RuleVersion.objects.count() == before


def test_the_history_shows_what_a_change_changed_and_goes_back(administrator: Client) -> None:
    said(administrator, "/new-rule", form(key="very-hot"))
    said(administrator, "/rules/very-hot/edit", form(for_s="20 min"))
    content = administrator.get("/rules/very-hot").content.decode().replace("\u00a0", " ")
    assert "<del>5 min</del> → <ins>20 min</ins>" in content
    said(administrator, "/rules/very-hot/revert", {"version": "1"})
    stored = StoredRule.objects.get(pk="very-hot")
    assert (stored.version, stored.body["for_s"]) == (3, 300)
    assert "— comme en version 1" in administrator.get("/rules/very-hot").content.decode()


def test_the_history_is_told_in_words(administrator: Client) -> None:
    said(administrator, "/new-rule", form(key="very-hot"))
    changed = form(when="open", severity="critical", clear="70", kinds=["system"])
    said(administrator, "/rules/very-hot/edit", changed)
    content = administrator.get("/rules/very-hot").content.decode().replace("\u00a0", " ")
    for words in (
        "<del>jour et nuit</del> → <ins>aux heures d’ouverture</ins>",
        "<del>À traiter</del> → <ins>Urgent</ins>",
        "<del>75 °C</del> → <ins>70 °C</ins>",
        "<del>–</del> → <ins>Ordinateur</ins>",
    ):
        assert words in content


def test_that_a_rule_is_built_in_is_said_in_words(administrator: Client) -> None:
    assert "— intégrée" in administrator.get(f"/rules/{KEY}").content.decode()


def test_each_field_of_what_a_rule_looks_for_is_under_the_subjects_it_counts_for() -> None:
    for part in PARTS:
        assert set(part.subjects) < set(Subject)
    names = [name for part in PARTS for name in part.names]
    assert sorted(names) == sorted({*_MATCHED, "metric", "side", "bound", "clear"})


def test_the_form_says_for_which_subject_its_fields_are(administrator: Client) -> None:
    content = administrator.get("/new-rule").content.decode().replace("\u00a0", " ")
    assert "<legend>Si une mesure passe une limite</legend>" in content
    assert 'data-for="condition"' in content


def test_a_rule_is_disabled_and_counts_again(administrator: Client) -> None:
    said(administrator, f"/rules/{KEY}/switch", {"is_enabled": "no", "why": "grève"})
    assert StoredRule.objects.get(pk=KEY).body["is_enabled"] is False
    said(administrator, f"/rules/{KEY}/switch", {"is_enabled": "yes", "why": ""})
    assert StoredRule.objects.get(pk=KEY).body["is_enabled"] is True


def test_ones_own_rule_is_deleted_and_keeps_its_page(administrator: Client) -> None:
    said(administrator, "/new-rule", form(key="very-hot"))
    said(administrator, "/rules/very-hot/delete", {"why": "essai fini"})
    assert "Trop chaud" not in administrator.get("/rules").content.decode()
    assert "Supprimée" in administrator.get("/rules/very-hot").content.decode()


@pytest.mark.parametrize("address", ["/new-rule", f"/rules/{KEY}/edit", "/new-route"])
def test_a_technician_reads_rules_and_changes_none(address: str) -> None:
    technician = browser(Role.TECHNICIAN)
    assert technician.get(f"/rules/{KEY}").status_code == 200
    assert technician.get(address).status_code == 403
    assert technician.post(f"/rules/{KEY}/switch", {"is_enabled": "no"}).status_code == 403


def test_a_rule_that_is_not_there_is_said_so(administrator: Client) -> None:
    assert administrator.get("/rules/nowhere").status_code == 404


def test_the_list_of_rules_asks_once(
    administrator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # Session, user, groups, two of rights, alerts to take, and the rules.
    with django_assert_max_num_queries(7):
        administrator.get("/rules")
