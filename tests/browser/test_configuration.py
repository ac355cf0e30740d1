"""The configuration's pages for everybody: axe-core, small screens, keyboard, no JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import KIOSKS, Login
from tests.browser.test_access import violations
from tests.peer.region import Region

_SEED = """
import django
django.setup()
from controller.configuration import services
from controller.configuration.merge import LayerId
from controller.configuration.pillar import pillar
def edit(scope, place, document):
    services.edit(LayerId(scope, place), document, why="essai", user=None, actor="marie")
edit("region", "", {"agent": {"peripherals": {"camera": {"kind": "camera"}, "handset": {"kind":
    "audio"}}}, "hardening": {"ssh_keys": {"marie": "ssh-ed25519 AAAA"}}})
edit("site", "ambert", {"network": {"wifi": {"hall": {"ssid": "Mairie", "password": "secret"}}}})
pillar("pvp-63003-1")
edit("site", "ambert", {"network": {"wifi": {"hall": {"ssid": "Hall", "password": "autre"}}}})
edit("kiosk", "pvp-63003-1", {"agent": {"peripherals": {"handset": None, "tickets": {"kind":
    "printer", "settings": {"width_mm": 80}}}}})
"""
SITE = "/configuration/site/ambert"
PAGES = (
    "/configuration",
    "/configuration/region/all",
    SITE,
    f"{SITE}/history",
    f"{SITE}/edit/maintenance",
    f"{SITE}/edit/network",
    "/configuration/kiosk/pvp-63003-1/edit/agent",
    "/kiosks/pvp-63003-1/configuration",
)


@pytest.fixture(scope="module", autouse=True)
def _configured(controller: Region) -> None:
    controller.plant(*KIOSKS)
    controller.python(_SEED)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_wrong(login: Login, language: str) -> None:
    page = login("administrator", language, reduced_motion="reduce")
    found = {}
    for address in PAGES:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        page.emulate_media(color_scheme="light")
        found[address] = violations(page)
        page.emulate_media(color_scheme="dark")
        found[address] += violations(page, "{runOnly: ['color-contrast']}")
    page.goto(f"{SITE}/edit/journal")
    page.fill("[name='v:journal/max_mb']", "beaucoup")
    page.click("button[name=save]")
    found["a wrong value"] = violations(page)
    page.fill("[name='v:journal/max_mb']", "300")
    page.click(".act-row button[name=preview]")
    found["a preview"] = violations(page)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("width", [320, 640])
def test_no_page_needs_scrolling_sideways(login: Login, width: int) -> None:
    page = login("administrator", viewport={"width": width, "height": 800})
    wide = []
    for address in PAGES:
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(address)
    assert wide == []


def test_a_setting_is_changed_and_inherited_again_without_javascript(login: Login) -> None:
    page = login("administrator", java_script_enabled=False)
    page.goto(f"{SITE}/edit/watchdog")
    page.fill("[name='v:watchdog/timeout_s']", "120")
    page.fill("#why", "lent")
    page.click("button[name=save]")
    page.wait_for_url(f"**{SITE}")
    expect(page.locator(".says").filter(has_text="120")).to_have_count(1)

    page.goto(f"{SITE}/edit/watchdog")
    page.uncheck("[name='s:watchdog/timeout_s']")
    page.fill("#why", "comme avant")
    page.click("button[name=save]")
    page.wait_for_url(f"**{SITE}")
    expect(page.locator(".says").filter(has_text="120")).to_have_count(0)


def test_the_enter_key_shows_what_would_change_and_saves_nothing(login: Login) -> None:
    page = login("administrator")
    page.goto("/configuration/kiosk/pvp-63003-1/edit/agent")
    page.locator("[name='v:agent/video_platform']").fill("https://visio.example")
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("https://visio.example")


def test_an_entry_is_added_where_one_goes_on_typing(login: Login) -> None:
    page = login("administrator")
    page.goto(f"{SITE}/edit/udev")
    page.locator("[name='n:udev']").fill("reader")
    page.locator("[name='n:udev'] + button").click()
    expect(page.locator("[name='x:udev/reader']")).to_be_focused()
