"""A real Chromium before a real controller: broker, ingest, worker and pages, each its own process.

All of it lives for one module: Playwright's loop must be over before tests that use the database.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.spoken import SpokenKiosk
from tests.peer.region import Region

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "vaste-plateau-42"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
KIOSKS = ("pvp-63003-1", "pvp-63003-2", "pvp-63003-3")

Login = Callable[..., Page]


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    folder = tmp_path_factory.mktemp("region")
    (folder / "password").write_text(PASSWORD)
    with Region(folder) as region:
        for role in ("viewer", "technician", "administrator"):
            region.vigie(
                "user", "add", role, "--role", role, "--password-file", str(folder / "password")
            )
        region.start_broker()
        region.start("ingest")
        region.start("worker")
        region.start_web()
        yield region


@pytest.fixture(scope="module")
def kiosks(controller: Region) -> Iterator[dict[str, SpokenKiosk]]:
    papers = controller.enrol(*KIOSKS)
    spoken = {name: SpokenKiosk(name, controller.broker_port, own) for name, own in papers.items()}
    yield spoken
    for kiosk in spoken.values():
        kiosk.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def login(chromium: Browser, controller: Region) -> Iterator[Login]:
    """Opens a browser of its own, logs in by the form, and fails at the end if a script did."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def enter(role: str = "viewer", language: str = "fr", **options: object) -> Page:
        context = chromium.new_context(
            base_url=controller.pages,
            locale=language,
            **options,  # type: ignore[arg-type] # Playwright's own: viewport, color_scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )
        page.goto("/login")
        page.fill("[name=username]", role)
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []
