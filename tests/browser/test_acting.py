"""The stories of people who act: from an alert to a page that came out of the printer."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from contract.commands import CommandState
from tests.browser.conftest import Login
from tests.browser.spoken import CAMERA, EMPTY, PRINTER, SpokenKiosk
from tests.peer.region import Region

Kiosks = dict[str, SpokenKiosk]
#: An evaluation comes every 2 s; the rest is for a loaded machine.
PATIENCE_MS = 30_000

#: The built-in rule, without the minutes that a test would wait, and at any hour.
_HURRIED = """
import django; django.setup()
from controller.alerts.models import StoredRule
from controller.alerts import services
for key in ("printer-paper",):
    body = StoredRule.objects.get(pk=key).body | {"for_s": 0, "clear_for_s": 0, "when": "always"}
    services.save_rule(body, why="a test", user=None, actor="cli:root")
"""


@pytest.fixture(scope="module", autouse=True)
def hurried(controller: Region) -> None:
    """Rules that fire at once."""
    controller.python(_HURRIED)


def watched(page: Page) -> Page:
    """The page, once its stream is open."""
    expect(page.locator("#link-state")).to_have_text("En direct", timeout=PATIENCE_MS)
    return page


def opened(page: Page, kiosk: SpokenKiosk) -> None:
    """On the page of the alert that the kiosk's printer without paper opens."""
    page.goto("/alerts")
    watched(page)
    kiosk.report([CAMERA, EMPTY])
    row = page.locator(".alerts li", has_text=kiosk.name)
    expect(row).to_contain_text("plus de papier", timeout=PATIENCE_MS)
    row.locator(".who a").click()
    expect(page.locator("h1")).to_have_text("Imprimante\u00a0: plus de papier")


def test_a_technician_goes_from_an_alert_to_a_test_page_and_sees_it_printed(
    login: Login, kiosks: Kiosks
) -> None:
    kiosk = kiosks["pvp-63003-1"]
    kiosk.report([CAMERA, PRINTER])
    page = login("technician")
    opened(page, kiosk)
    expect(page.locator(".runbook")).to_contain_text("Remettez du papier")
    page.click("text=Aller à la borne et à ses ordres")
    page.click(".device-acts a[href*='print-test-page']")
    expect(page.locator("#id_device")).to_have_value("printer")
    page.fill("#id_why", "papier remis")
    page.click("main form button")
    watched(page)
    command = kiosk.next_command()
    assert (command.name, command.args) == ("print-test-page", {"device": "printer"})
    state = page.locator(".order h2")
    kiosk.answer(command, CommandState.ACCEPTED)
    kiosk.answer(command, CommandState.RUNNING, progress_percent=40)
    expect(page.locator("progress")).to_have_attribute("value", "40", timeout=PATIENCE_MS)
    expect(state).to_contain_text("En cours")
    kiosk.answer(command, CommandState.SUCCEEDED, duration_s=12.0)
    expect(state).to_contain_text("Fait", timeout=PATIENCE_MS)
    expect(page.locator(".order")).to_contain_text("En 12 s")
    kiosk.report([CAMERA, PRINTER])
    page.goto("/alerts")
    row = page.locator(".alerts li", has_text=kiosk.name)
    expect(row).to_have_count(0, timeout=PATIENCE_MS)


def test_an_alert_is_taken_up_then_muted_and_leaves_the_list(login: Login, kiosks: Kiosks) -> None:
    kiosk = kiosks["pvp-63003-2"]
    kiosk.report([CAMERA, PRINTER])
    page = login("technician")
    opened(page, kiosk)
    page.fill("#ack_note", "J’appelle la mairie.")
    page.click("text=Je m’en occupe")
    expect(page.locator(".facts")).to_contain_text("technician")
    expect(page.locator(".changes")).to_contain_text("J’appelle la mairie.")
    page.click("#mute summary")
    page.fill("#mute_ends_at", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}")
    page.fill("#mute_why", "papier commandé")
    page.click("#mute button")
    expect(page.locator(".messages")).to_contain_text("en sourdine")
    page.goto("/alerts")
    row = page.locator(".alerts li", has_text=kiosk.name)
    expect(row).to_have_count(0, timeout=PATIENCE_MS)
    page.goto("/silences")
    expect(page.locator(".items").first).to_contain_text("papier commandé")
    page.click(".items button")
    expect(page.locator(".calm")).to_contain_text("Rien n’est en sourdine")


def test_a_rule_is_tried_out_before_it_is_saved(login: Login, kiosks: Kiosks) -> None:
    page = login("administrator")
    page.goto("/rules/printer-paper/edit")
    page.fill("#id_for_s", "demain")
    page.click("text=Enregistrer")
    expect(page.locator("#id_for_s_error")).to_contain_text("n’est pas compris")
    page.fill("#id_for_s", "7 min")
    page.click("text=Qu’aurait-elle fait")
    expect(page.locator("#preview h2")).to_contain_text("Ces 30 derniers jours")
    expect(page.locator("#id_for_s")).to_have_value("7 min")
    page.fill("#id_why", "trop tôt")
    page.click("text=Enregistrer")
    expect(page.locator(".messages")).to_contain_text("compte désormais")
    expect(page.locator(".versions li").first).to_contain_text("trop tôt")
    expect(page.locator(".diff").first).to_contain_text("7 min")


def test_a_rules_form_shows_and_sends_what_counts_for_its_subject_alone(
    login: Login, kiosks: Kiosks
) -> None:
    page = login("administrator")
    page.goto("/new-rule")
    page.fill("#id_key", "very-hot")
    page.fill("#id_title_fr", "Trop chaud")
    page.fill("#id_title_en", "Too hot")
    expect(page.locator("#id_metric")).to_be_hidden()
    page.check("[name=health][value=failed]")
    page.select_option("#id_subject", "metric")
    expect(page.locator("[name=health]").first).to_be_hidden()
    page.fill("#id_metric", "temperature_celsius")
    page.fill("#id_bound", "85")
    page.fill("#id_clear", "75")
    page.click("text=Enregistrer")
    page.wait_for_url("**/rules/very-hot")
    expect(page.locator(".verdict")).to_contain_text("Température")
    expect(page.locator(".verdict")).not_to_contain_text("En panne")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_an_order_to_many_is_tried_out_then_followed(
    login: Login, kiosks: Kiosks, has_scripts: bool
) -> None:
    for kiosk in kiosks.values():
        kiosk.report()
    page = login("technician", java_script_enabled=has_scripts)
    page.goto("/new-batch")
    page.select_option("#name", "sync-clock")
    page.click("text=Lister les bornes")
    expect(page.locator(".targets input:checked")).to_have_count(3)
    page.uncheck("#target-pvp-63003-1")
    page.click("button[name=dry]")
    expect(page.locator("#preview h2")).to_contain_text("2 bornes recevraient", timeout=PATIENCE_MS)
    page.fill("#id_why", "après la panne")
    page.click("text=Donner l’ordre")
    expect(page.locator(".members li")).to_have_count(2)
    first = kiosks["pvp-63003-2"]
    command = first.next_command()
    assert command.name == "sync-clock"
    first.answer(command, CommandState.SUCCEEDED)
    if not has_scripts:
        wait_for_a_fresh_page(page, ".tallies", "Fait")
    expect(page.locator(".tallies")).to_contain_text("Fait", timeout=PATIENCE_MS)
    page.click("text=Y mettre fin")
    expect(page.locator(".verdict h2")).to_contain_text("Terminé à la main")


def wait_for_a_fresh_page(page: Page, place: str, words: str) -> None:
    """Without scripts a page is loaded again, as a person would."""
    for _ in range(60):
        if words in page.locator(place).inner_text():
            return
        page.wait_for_timeout(500)
        page.reload()
