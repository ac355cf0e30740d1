"""The login's steps, my account and the users, for everybody: axe-core, keyboard, small screens."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, Login
from tests.browser.test_access import violations
from tests.peer.region import Region
from tests.people import code_of

PAGES = (
    "/account",
    "/account/second-factor",
    "/users",
    "/new-user",
    "/users/viewer",
    "/password/x/y",
)


@pytest.fixture(scope="module", autouse=True)
def people(controller: Region) -> None:
    """Somebody for each journey, beside those who are there."""
    password = str(controller.home.parent / "password")
    for name, role in (
        ("light", "viewer"),
        ("dark", "viewer"),
        ("keyboard", "viewer"),
    ):
        controller.vigie("user", "add", name, "--role", role, "--password-file", password)


def own_key(page: Page) -> str:
    """The key that the page on the second factor shows."""
    page.goto("/account/second-factor")
    return page.locator(".key").inner_text()


def code(key: str) -> str:
    return code_of(key, datetime.now(UTC))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_wrong_on_the_pages(login: Login, language: str, scheme: str) -> None:
    page = login("administrator", language, color_scheme=scheme)
    found = {}
    for address in PAGES:
        page.goto(address)
        page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        found[address] = violations(page)
    page.goto("/account")
    page.fill("#password", "wrong")
    page.locator("#password").press("Enter")
    expect(page.locator("#password-problem")).to_be_visible()
    found["a wrong password"] = violations(page)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_the_way_through_the_second_step(
    login: Login, chromium: Browser, controller: Region, scheme: str
) -> None:
    page = login(scheme, color_scheme=scheme)
    key = own_key(page)
    page.fill("#code", code(key))
    page.locator("#code").press("Enter")
    expect(page.locator(".recovery li")).to_have_count(10)
    found = {"codes": violations(page)}
    recovery = page.locator(".recovery code").first.inner_text()
    page.goto("/account")
    found["account"] = violations(page)
    context = chromium.new_context(base_url=controller.pages, color_scheme=scheme)  # type: ignore[arg-type] # one of the two
    fresh = context.new_page()
    fresh.goto("/login")
    fresh.fill("[name=username]", scheme)
    fresh.fill("[name=password]", PASSWORD)
    fresh.click("main button")
    expect(fresh.locator("#code")).to_be_focused()
    found["code"] = violations(fresh)
    fresh.keyboard.type("000000")
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#code-problem")).to_be_visible()
    found["a wrong code"] = violations(fresh)
    fresh.keyboard.type(recovery)
    fresh.keyboard.press("Enter")
    fresh.wait_for_url("/")
    context.close()
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


def test_a_password_is_changed_with_the_keyboard_alone(login: Login) -> None:
    page = login("keyboard")
    page.goto("/account")
    page.locator("#password").focus()
    for text in (PASSWORD, "autre-plateau-43", "autre-plateau-43"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 640])
def test_nothing_needs_scrolling_sideways(login: Login, width: int) -> None:
    page = login("administrator", viewport={"width": width, "height": 800})
    widths = {}
    for address in PAGES:
        page.goto(address)
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
    assert {address: found for address, found in widths.items() if found > width} == {}
