"""Pages for everybody: axe-core's rules, the keyboard, narrow and magnified screens."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Login
from tests.browser.spoken import CAMERA, EMPTY, SpokenKiosk
from tests.peer.region import Region

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
PAGES = ("/", "/?q=nowhere", "/kiosks/pvp-63003-1", "/kiosks/pvp-63003-2", "/nowhere")
#: With an alert, an order, a batch, a contact and so on on them.
ACTING = (
    "/alerts",
    "/alerts?severity=info",
    "/alerts/history",
    "/rules",
    "/rules/printer-paper",
    "/rules/printer-paper/edit",
    "/new-rule",
    "/silences",
    "/new-silence",
    "/routes",
    "/new-route",
    "/routes/default",
    "/channels",
    "/new-channel/smtp",
    "/channels/mail",
    "/new-contact",
    "/contacts/support",
    "/commands",
    "/batches",
    "/new-batch?name=reboot",
    "/audit",
    "/audit/1",
    "/kiosks/pvp-63003-1/orders/fetch-logs",
    "/kiosks/pvp-63003-1/orders/reboot",
)
_ACTED = """
import time
import django; django.setup()
from datetime import timedelta
from django.utils import timezone
from controller.alerts import services as alerts
from controller.commands import batches, services as commands
from controller.fleet.models import Kiosk
from controller.notify import services as notify
from controller.alerts.models import Alert, StoredRule
now = timezone.now()
kiosk = Kiosk.objects.get(pk="pvp-63003-1")
body = StoredRule.objects.get(pk="printer-paper").body | {"for_s": 0, "when": "always"}
alerts.save_rule(body, why="a test", user=None, actor="cli:root")
open_ones = Alert.objects.filter(kiosk=kiosk, rule="printer-paper", state="firing")
end = time.monotonic() + 30
while not open_ones.exists() and time.monotonic() < end:
    time.sleep(0.2)
made = open_ones.get()
alerts.acknowledge(made.pk, note="vu", user=None, actor="cli:root")
alerts.silence(purpose="maintenance", starts_at=now, ends_at=now + timedelta(hours=1),
    why="essai", kiosk=kiosk, user=None, actor="cli:root")
notify.save_channel(key="mail", title="Messagerie", kind="smtp", secret=None, actor="cli:root",
    settings={"host": "127.0.0.1", "sender": "vigie@example.org"})
notify.save_contact(key="support", name="Support", actor="cli:root",
    addresses=[("mail", "support@example.org")])
alerts.save_route("default", "Support", [{"after_s": 0, "contacts": ["support"]}],
    actor="cli:root")
command = commands.order(kiosk=kiosk, name="check-up", args={}, user=None, actor="cli:root")
batch = batches.create(kiosks=["pvp-63003-2"], name="sync-clock", args={},
    rolling=batches.Rolling(), user=None, actor="cli:root")
print(command.pk, batch.pk, made.pk)
"""
Kiosks = dict[str, SpokenKiosk]


@pytest.fixture(scope="module")
def acted(controller: Region, states: None) -> tuple[str, ...]:
    """Addresses of pages on which something was done."""
    command, batch, alert = controller.python(_ACTED).split()
    return (*ACTING, f"/commands/{command}", f"/batches/{batch}", f"/alerts/{alert}")


@pytest.fixture(scope="module", autouse=True)
def states(kiosks: Kiosks) -> None:
    """One kiosk fine, one broken and offline, one never heard of."""
    kiosks["pvp-63003-1"].report([CAMERA, EMPTY])
    kiosks["pvp-63003-2"].report()
    kiosks["pvp-63003-2"].be_present(is_online=False, reason="lost")


def violations(page: Page, options: str = "{resultTypes: ['violations']}") -> list[str]:
    """What axe-core finds wrong: rule and place."""
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {options})")
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


@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_wrong_on_the_pages_of_acting(
    login: Login, acted: tuple[str, ...], language: str
) -> None:
    # Colours that change little by little would be looked at half-way.
    page = login("administrator", language, reduced_motion="reduce")
    found = {}
    for address in acted:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        page.emulate_media(color_scheme="light")
        found[address] = violations(page)
        page.emulate_media(color_scheme="dark")  # where only colours differ
        found[address] += violations(page, "{runOnly: ['color-contrast']}")
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("width", [320, 640])
def test_no_page_of_acting_needs_scrolling_sideways(
    login: Login, acted: tuple[str, ...], width: int
) -> None:
    page = login("administrator", viewport={"width": width, "height": 800})
    wide = []
    for address in acted:
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(address)
    assert wide == []


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
    page.locator("#acts a[href$='/orders/reboot']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/reboot")
    page.locator("#id_delay_s").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("écran noir")
    page.keyboard.press("Tab")
    page.keyboard.type("pvp-63003-1")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_be_visible()
    kiosks["pvp-63003-1"].next_command()
