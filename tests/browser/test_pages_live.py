"""What people see, in a real browser, of what kiosks say on the real broker."""

from playwright.sync_api import Page, expect

from contract.commands import CommandState
from tests.browser.conftest import Login
from tests.browser.spoken import CAMERA, EMPTY, PRINTER, SpokenKiosk
from tests.peer.region import Region

#: What the issue asks of a change on the broker: on an open page within two seconds.
SOON_MS = 2000
Kiosks = dict[str, SpokenKiosk]


def watched(page: Page) -> Page:
    """The page, once its stream is open."""
    expect(page.locator("#link-state")).to_have_text("En direct")
    return page


def mark(page: Page) -> None:
    """Leave something that a reload would wipe out."""
    page.evaluate("document.body.dataset.kept = 'yes'")


def is_same_page(page: Page) -> bool:
    return page.evaluate("document.body.dataset.kept") == "yes"


def test_a_change_on_the_broker_shows_on_the_open_fleet_page(login: Login, kiosks: Kiosks) -> None:
    kiosk = kiosks["pvp-63003-1"]
    kiosk.report()
    page = watched(login())
    row = page.locator(".hands li", has_text=kiosk.name)
    expect(page.locator(".others", has_text=kiosk.name)).to_be_visible()
    mark(page)
    kiosk.report([CAMERA, EMPTY])
    expect(row).to_contain_text("plus de papier", timeout=SOON_MS)
    kiosk.report([CAMERA, PRINTER])
    expect(row).to_have_count(0, timeout=SOON_MS)
    assert is_same_page(page)


def test_a_change_on_the_broker_shows_on_the_open_kiosk_page(login: Login, kiosks: Kiosks) -> None:
    kiosk = kiosks["pvp-63003-2"]
    kiosk.report()
    page = login()
    page.goto(f"/kiosks/{kiosk.name}")
    watched(page)
    verdict = page.locator(".verdict h2")
    expect(verdict).to_have_text("Cette borne est prête à recevoir un citoyen.")
    mark(page)
    kiosk.report([CAMERA, EMPTY])
    expect(verdict).to_have_text("Cette borne ne peut pas recevoir de citoyen.", timeout=SOON_MS)
    kiosk.be_present(is_online=False, reason="stopping")
    expect(verdict).to_contain_text("hors ligne", timeout=SOON_MS)
    expect(page.locator(".stale")).to_contain_text("Au dernier contact")
    kiosk.be_present(is_online=True)
    expect(page.locator(".stale")).to_have_count(0, timeout=SOON_MS)
    assert is_same_page(page)


def test_what_is_unfolded_stays_so_when_the_page_is_brought_up_to_date(
    login: Login, kiosks: Kiosks
) -> None:
    kiosk = kiosks["pvp-63003-3"]
    kiosk.report()
    page = login()
    page.goto(f"/kiosks/{kiosk.name}")
    watched(page)
    details = page.locator("#d-printer")
    details.locator("summary").click()
    kiosk.report([CAMERA, EMPTY])
    expect(page.locator(".device-list .failed")).to_contain_text("Plus de papier")
    expect(details).to_have_attribute("open", "")


def test_filters_narrow_the_list_at_once_and_stay_in_the_address(
    login: Login, kiosks: Kiosks
) -> None:
    for kiosk in kiosks.values():
        kiosk.report()
    page = login()
    expect(page.locator(".others tbody tr")).to_have_count(3)
    page.fill("#q", "63003-2")
    expect(page.locator(".others tbody tr")).to_have_count(1)
    expect(page).to_have_url("/?q=63003-2")
    page.reload()
    expect(page.locator(".others tbody tr")).to_have_count(1)
    page.select_option("#kind", "expert")
    expect(page.locator(".empty")).to_contain_text("Aucune borne ne correspond")


def test_filters_work_without_javascript(login: Login, kiosks: Kiosks) -> None:
    for kiosk in kiosks.values():
        kiosk.report()
    page = login(java_script_enabled=False)
    page.fill("#q", "63003-3")
    page.click(".filters button")
    expect(page.locator(".others tbody tr")).to_have_count(1)


def test_a_technician_restarts_a_kiosk_and_sees_that_it_worked(
    login: Login, kiosks: Kiosks
) -> None:
    kiosk = kiosks["pvp-63003-1"]
    kiosk.report()
    page = login("technician")
    page.goto(f"/kiosks/{kiosk.name}")
    page.click("#acts a[href$='/orders/reboot']")
    page.fill("#id_why", "écran noir")
    page.fill("#id_confirmation", "pvp-63003-2")
    page.click("main form button")
    expect(page.locator("#id_confirmation_error")).to_contain_text("pvp-63003-1")
    page.fill("#id_confirmation", kiosk.name)
    page.click("main form button")
    expect(page.locator(".messages")).to_contain_text("L’ordre est donné")
    watched(page)
    state = page.locator(".order h2")
    command = kiosk.next_command()
    kiosk.answer(command, CommandState.ACCEPTED)
    kiosk.answer(command, CommandState.RUNNING)
    expect(state).to_have_text("En cours", timeout=SOON_MS)
    kiosk.answer(
        command,
        CommandState.SUCCEEDED,
        simulated=True,
        duration_s=47.0,
        better=["camera"],
        worse=[],
        same=1,
    )
    expect(state).to_contain_text("Fait", timeout=SOON_MS)
    expect(state).to_contain_text("simulé")
    expect(page.locator(".order").first).to_contain_text("écran noir")
    expect(page.locator(".order").first).to_contain_text("1 appareil va mieux")


def test_a_viewer_is_offered_no_order(login: Login, kiosks: Kiosks) -> None:
    page = login("viewer")
    page.goto("/kiosks/pvp-63003-1")
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator("[href*='/orders/']")).to_have_count(0)


def test_the_language_is_changed_by_a_click_and_kept(login: Login, kiosks: Kiosks) -> None:
    page = login()
    page.goto("/kiosks/pvp-63003-1")
    page.click("button:text('English')")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url("/kiosks/pvp-63003-1")
    page.goto("/")
    expect(page.locator(".headline")).to_contain_text("can receive a citizen")


def test_logging_out_ends_it(login: Login) -> None:
    page = login()
    page.click("#account summary")
    page.click("text=Se déconnecter")
    page.wait_for_url("/login")
    page.goto("/")
    page.wait_for_url("/login?next=/")


def test_an_open_page_whose_session_is_over_asks_to_log_in(login: Login, kiosks: Kiosks) -> None:
    page = watched(login())
    page.context.clear_cookies(name="sessionid")
    kiosks["pvp-63003-2"].report([CAMERA, EMPTY])
    page.wait_for_url("/login?next=/")


def test_a_stopped_server_is_said_so_and_the_page_catches_up_when_it_is_back(
    login: Login, kiosks: Kiosks, controller: Region
) -> None:
    kiosk = kiosks["pvp-63003-1"]
    kiosk.report()
    page = watched(login())
    mark(page)
    assert controller.stop("web") == 0
    expect(page.locator("#link-state")).to_contain_text("Connexion perdue", timeout=15_000)
    kiosk.report([CAMERA, EMPTY])
    controller.start_web()
    expect(page.locator("#link-state")).to_have_text("En direct", timeout=30_000)
    expect(page.locator(".hands li", has_text=kiosk.name)).to_contain_text("plus de papier")
    assert is_same_page(page)
