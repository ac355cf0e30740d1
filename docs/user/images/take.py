"""Takes the pictures of this folder from a running Vigie; called by scripts/screenshots."""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def main() -> int:
    """Writes pictures of fleet, kiosk, alerts, an order and a phone, in French and English.

    There must be an open alert and an order: the first of each is shown.
    """
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("address", help="for instance http://127.0.0.1:8000")
    parser.add_argument("user", help="a technician, so that the restart is seen")
    parser.add_argument("password_file", type=Path, help="its first line is the password")
    parser.add_argument("--kiosk", help="whose page; else the first that needs a hand")
    args = parser.parse_args()
    password = args.password_file.read_text(encoding="utf-8").splitlines()[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        kiosk = args.kiosk
        for language in ("fr", "en"):
            desk = _enter(browser, args.address, args.user, password, language, DESK)
            kiosk = kiosk or _first(desk)
            _take(desk, f"fleet-{language}")
            desk.goto(f"{args.address}/kiosks/{kiosk}")
            _take(desk, f"kiosk-{language}")
            desk.goto(f"{args.address}/alerts")
            _take(desk, f"alerts-{language}")
            _follow(desk, ".alerts .who a")
            _take(desk, f"alert-{language}")
            desk.goto(f"{args.address}/commands")
            _follow(desk, ".rows th a")
            _take(desk, f"order-{language}")
            phone = _enter(browser, args.address, args.user, password, language, PHONE)
            _take(phone, f"phone-{language}")
        browser.close()
    return 0


def _enter(
    browser: Browser, address: str, user: str, password: str, language: str, size: dict[str, int]
) -> Page:
    context = browser.new_context(
        locale=language,
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="light",
    )
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.click("main button")
    page.wait_for_url(f"{address}/")
    return page


def _first(page: Page) -> str:
    row = page.locator(".hands .id, .others td.id").first
    return row.inner_text()


def _follow(page: Page, link: str) -> None:
    page.locator(link).first.click()
    page.wait_for_load_state()


def _take(page: Page, name: str) -> None:
    page.locator("#link-state[data-state=live]").wait_for()
    page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
