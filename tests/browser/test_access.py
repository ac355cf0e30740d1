"""Pages for everybody: axe-core's rules, the keyboard, narrow and magnified screens."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Login
from tests.browser.spoken import CAMERA, EMPTY, SpokenKiosk

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
PAGES = ("/", "/?q=nowhere", "/kiosks/pvp-63003-1", "/kiosks/pvp-63003-2", "/nowhere")
Kiosks = dict[str, SpokenKiosk]


@pytest.fixture(scope="module", autouse=True)
def states(kiosks: Kiosks) -> None:
    """One kiosk fine, one broken and offline, one never heard of."""
    kiosks["pvp-63003-1"].report([CAMERA, EMPTY])
    kiosks["pvp-63003-2"].report()
    kiosks["pvp-63003-2"].be_present(is_online=False, reason="lost")


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong: rule and place."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_wrong_on_any_page(login: Login, language: str, scheme: str) -> None:
    page = login("technician", language, color_scheme=scheme)
    found = {}
    for address in PAGES:
        page.goto(address)
        page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        found[address] = violations(page)
    page.context.clear_cookies(name="sessionid")
    page.goto("/login")
    found["/login"] = violations(page)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("width", [320, 390, 640])
@pytest.mark.parametrize("address", ["/", "/kiosks/pvp-63003-1", "/kiosks/pvp-63003-2"])
def test_nothing_needs_scrolling_sideways(login: Login, address: str, width: int) -> None:
    # 640 px is also what 1,280 px are at 200 %.
    page = login("technician", viewport={"width": width, "height": 800})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_tab_leads_past_the_head_of_the_page(login: Login) -> None:
    page = login()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_restart_is_ordered_with_the_keyboard_alone(login: Login, kiosks: Kiosks) -> None:
    page = login("technician")
    page.goto("/kiosks/pvp-63003-1")
    page.locator("#reboot summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("écran noir")
    page.keyboard.press("Tab")
    page.keyboard.type("pvp-63003-1")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_be_visible()
    kiosks["pvp-63003-1"].next_command()
