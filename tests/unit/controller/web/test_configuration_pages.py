"""The configuration as people read and change it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from controller.accounts.roles import Role
from controller.configuration import selectors, services
from controller.configuration.merge import LayerId
from controller.configuration.models import Revision
from controller.configuration.pillar import pillar
from controller.web import configuration_words
from tests.fleets import kiosk, site
from tests.people import browser
from tests.unit.controller.web.forms import Sent, sent

pytestmark = pytest.mark.django_db
REGION, SITE = LayerId("region", ""), LayerId("site", "ambert")
AT_SITE = "/configuration/site/ambert"
FULL: dict[str, Any] = {
    "time": {"servers": ["a.example", "b.example"]},
    "maintenance": {"days": ["Mo", "Su"], "start": "23:00"},
    "hardening": {"ssh_keys": {"marie": "ssh-ed25519 AAAA marie"}},
    "firewall": {"openings": {"sip": {"port": 5060, "sources": ["10.0.0.0/8"]}}},
    "network": {"wifi": {"hall": {"ssid": "Mairie", "password": "clé-de-la-mairie"}}},
    "application": {"url": "https://video.example", "restart_at": None},
    "printing": {"queues": {"a4": {"uri": "ipp://a4", "options": {"sides": "two-sided"}}}},
    "udev": {"reader": {"usb_id": "0000:0001", "symlink": "reader"}},
    "journal": {"max_mb": 200},
    "agent": {
        "peripherals": {
            "camera": {"kind": "camera", "match": {"usb_id": "046d:085b"}},
            "printer": {
                "kind": "printer",
                "is_required": False,
                "settings": {"queue": "a4", "every_s": 5, "is_loud": True, "code": "12"},
            },
        },
        "log_level": "debug",
    },
}


@pytest.fixture
def administrator() -> Client:
    kiosk()
    return browser(Role.ADMINISTRATOR, "en")


def edit(layer: LayerId, document: dict[str, Any]) -> Revision:
    return services.edit(layer, document, why="a test", user=None)


def section(client: Client, name: str, at: str = AT_SITE) -> Sent:
    return sent(client.get(f"{at}/edit/{name}").content)


def save(client: Client, name: str, form: Sent, at: str = AT_SITE) -> Any:
    return client.post(f"{at}/edit/{name}", {**form, "save": "yes", "why": "a test"}, follow=True)


def document() -> dict[str, Any]:
    last = selectors.latest(SITE)
    return last.document if last else {}


@pytest.mark.parametrize("name", configuration_words.sections())
def test_a_form_that_is_saved_as_it_was_shown_changes_nothing(
    administrator: Client, name: str
) -> None:
    row = edit(SITE, FULL)

    answer = save(administrator, name, section(administrator, name))

    assert answer.status_code == 200
    assert selectors.latest(SITE) == row


@pytest.mark.parametrize("name", configuration_words.sections())
def test_a_form_of_what_is_inherited_makes_nothing_of_it_said_here(
    administrator: Client, name: str
) -> None:
    edit(REGION, FULL)

    save(administrator, name, section(administrator, name))

    assert document() == {}


def test_who_changes_a_value_says_it_here(administrator: Client) -> None:
    form = section(administrator, "journal")
    assert form["v:journal/max_mb"] == ["200"]

    save(administrator, "journal", {**form, "v:journal/max_mb": ["300"]})

    assert document() == {"journal": {"max_mb": 300}}


def test_who_unticks_a_value_inherits_it_again(administrator: Client) -> None:
    edit(SITE, {"journal": {"max_mb": 300, "max_days": 7}})
    form = section(administrator, "journal")
    del form["s:journal/max_mb"]

    save(administrator, "journal", form)

    assert document() == {"journal": {"max_days": 7}}


def test_a_value_that_is_inherited_may_be_said_here_all_the_same(administrator: Client) -> None:
    form = section(administrator, "journal")

    save(administrator, "journal", {**form, "s:journal/max_mb": ["on"]})

    assert document() == {"journal": {"max_mb": 200}}


def test_an_entry_is_added_and_filled_in_then_saved(administrator: Client) -> None:
    form = section(administrator, "printing")
    given = {**form, "n:printing/queues": ["a4"], "add": "yes"}

    page = administrator.post(f"{AT_SITE}/edit/printing", given)
    filled = {**sent(page.content), "v:printing/queues/a4/uri": ["ipp://10.0.0.9/ipp"]}
    save(administrator, "printing", filled)

    assert document() == {"printing": {"queues": {"a4": {"uri": "ipp://10.0.0.9/ipp"}}}}
    assert Revision.objects.count() == 1


def test_an_inherited_entry_is_taken_out_and_comes_back(administrator: Client) -> None:
    edit(REGION, {"udev": {"reader": {"usb_id": "0000:0001", "symlink": "reader"}}})
    form = section(administrator, "udev")

    save(administrator, "udev", {**form, "x:udev/reader": ["on"]})
    assert document() == {"udev": {"reader": None}}
    form = section(administrator, "udev")
    del form["x:udev/reader"]
    save(administrator, "udev", form)

    assert document() == {}


def test_an_entry_of_this_layer_alone_is_deleted(administrator: Client) -> None:
    edit(SITE, FULL)
    form = section(administrator, "agent")

    save(administrator, "agent", {**form, "x:agent/peripherals/printer": ["on"]})

    assert list(document()["agent"]["peripherals"]) == ["camera"]


def test_a_wrong_value_is_kept_in_the_form_with_what_it_must_be(administrator: Client) -> None:
    form = section(administrator, "watchdog")

    answer = save(administrator, "watchdog", {**form, "v:watchdog/timeout_s": ["soon"]})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "must be a whole number from 10 to 600" in text
    assert 'value="soon"' in text
    assert Revision.objects.count() == 0


def test_a_preview_names_the_kiosks_and_what_changes_and_saves_nothing(
    administrator: Client,
) -> None:
    form = {**section(administrator, "journal"), "v:journal/max_mb": ["300"], "preview": "yes"}

    text = administrator.post(f"{AT_SITE}/edit/journal", form).content.decode()

    assert "This would change 1 kiosk." in text
    assert '<span class="quiet">inherited</span> → <ins>300</ins>' in text
    assert "Nothing is saved yet." in text
    assert Revision.objects.count() == 0


def test_what_would_leave_a_kiosk_incomplete_is_not_saved(administrator: Client) -> None:
    form = {**section(administrator, "udev"), "n:udev": ["reader"]}

    answer = save(administrator, "udev", form)

    assert answer.status_code == 422
    assert "pvp-63003-1 would lack" in answer.content.decode()
    assert Revision.objects.count() == 0


def test_what_somebody_has_changed_meanwhile_is_not_overwritten(administrator: Client) -> None:
    form = section(administrator, "journal")
    edit(SITE, {"journal": {"max_mb": 100}})

    answer = save(administrator, "journal", {**form, "v:journal/max_mb": ["300"]})

    assert answer.status_code == 422
    assert document() == {"journal": {"max_mb": 100}}


def test_no_page_shows_a_secret(administrator: Client) -> None:
    edit(SITE, FULL)
    pillar("pvp-63003-1")
    edit(SITE, {**FULL, "network": {"wifi": {"hall": {"ssid": "Mairie", "password": "autre"}}}})
    pages = (
        "/configuration",
        AT_SITE,
        f"{AT_SITE}/history",
        f"{AT_SITE}/edit/network",
        "/kiosks/pvp-63003-1/configuration",
    )

    texts = [administrator.get(page).content.decode() for page in pages]

    assert not [text for text in texts if "clé-de-la" in text or "autre" in text or "gAAAA" in text]
    assert "kept secret" in texts[2]
    assert "Password of the network" in texts[4]


def test_the_history_goes_back(administrator: Client) -> None:
    first = edit(SITE, {"journal": {"max_mb": 100}})
    last = edit(SITE, {"journal": {"max_mb": 300}})
    assert (
        "<del>100</del> → <ins>300</ins>"
        in administrator.get(f"{AT_SITE}/history").content.decode()
    )

    given = {"revision": str(last.pk), "why": "too much"}
    administrator.post(f"/configuration/revisions/{first.pk}/revert", given)

    assert document() == {"journal": {"max_mb": 100}}


def test_a_kiosks_page_names_where_each_value_comes_from_and_what_waits(
    administrator: Client,
) -> None:
    edit(REGION, {"journal": {"max_mb": 100}})
    pillar("pvp-63003-1")
    edit(SITE, {"journal": {"max_days": 7}})

    text = administrator.get("/kiosks/pvp-63003-1/configuration").content.decode()

    assert "Something newer is written for it" in text
    assert '100 <a class="source" href="/configuration/region/all">the region</a>' in text
    assert "1 kiosk does not have" in administrator.get("/configuration").content.decode()


def test_a_kiosk_that_is_incomplete_says_what_it_lacks(administrator: Client) -> None:
    edit(LayerId("kiosk", "pvp-63003-1"), {"udev": {"a": {"usb_id": "0000:0001", "symlink": "a"}}})
    edit(LayerId("department", "63"), {"udev": {"a": {"group": "lp"}}})
    kiosk("pvp-63003-2")

    answer = administrator.get("/kiosks/pvp-63003-2/configuration")

    text = answer.content.decode()
    assert "Its configuration is incomplete" in text
    assert "Names of USB devices › a › Name under /dev" in text


def test_the_tree_leads_to_every_layer(administrator: Client) -> None:
    edit(SITE, {"journal": {"max_mb": 100}})
    site("vichy", department="03")

    text = administrator.get("/configuration").content.decode()

    for address in ("region/all", "department/63", "department/03", "site/ambert"):
        assert f"/configuration/{address}" in text
    found = administrator.get("/configuration/find?place=pvp-63003-1", follow=True)
    assert found.redirect_chain[-1][0] == "/configuration/kiosk/pvp-63003-1"


@pytest.mark.parametrize(
    "address",
    [
        "site/nowhere",
        "region/x",
        "planet/mars",
        "site/ambert/edit/nothing",
        "find?place=nobody",
    ],
)
def test_there_is_no_page_of_what_is_not_there(administrator: Client, address: str) -> None:
    assert administrator.get(f"/configuration/{address}").status_code == 404


def test_a_technician_reads_and_does_not_edit() -> None:
    kiosk()
    technician = browser(Role.TECHNICIAN, "en")

    assert "/edit/" not in technician.get(AT_SITE).content.decode()
    assert technician.get(f"{AT_SITE}/edit/journal").status_code == 403


def test_every_setting_has_a_name(administrator: Client) -> None:
    edit(SITE, FULL)
    pillar("pvp-63003-1")
    services.assign(["pvp-63003-1"], None, timezone.now())

    for page in (AT_SITE, "/kiosks/pvp-63003-1/configuration"):
        text = administrator.get(page).content.decode()
        assert "is_" not in text.split("<main")[1].replace("is_loud", "")
