"""The timeline of a kiosk, and who is there: in words."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from agent.recovery import GiveUp
from contract.health import FactValue, Health
from controller.accounts.roles import Role
from controller.commands.models import Command
from controller.fleet.models import DeviceEvent, Kiosk, StateChange, Status
from controller.web.happenings import Happening, happening
from tests import fleets
from tests.people import browser


def said(name: str, language: str = "fr", **facts: FactValue) -> Happening:
    with translation.override(language):
        event = DeviceEvent(name=name, device="counter", facts=facts)
        found = happening(event, {"counter": "printer"})
        return Happening(found.tone, found.title, found.text.replace("\u00a0", " "))


def test_a_session_is_told_with_how_long_it_took() -> None:
    assert said("session-started").text == "un usager a commencé un entretien"
    ended = said("session-ended", duration_s=1080.0)
    assert ended.text == "l’entretien s’est terminé au bout de 18 min"
    cut = said("session-ended", "en", duration_s=60, is_cut_short=True)
    assert cut.text == "the session was cut short after about 1 min"


@pytest.mark.parametrize("length", [True, -1, "long"])
def test_a_length_that_is_none_is_left_out(length: FactValue) -> None:
    assert said("session-ended", duration_s=length).text == "l’entretien s’est terminé"


def test_a_remedy_is_told_with_whether_it_worked() -> None:
    worked = said("recovery-tried", rung="restart:cups.service", worked=True)
    text = "le service cups.service a été redémarré, et cela a marché"
    assert worked == Happening("ok", "Imprimante", text)
    failed = said("recovery-tried", rung="power-cycle", worked=False)
    assert failed.tone == "degraded"
    assert failed.text == "sa prise USB a été coupée puis remise, sans effet"


def test_a_kiosk_that_gave_up_asks_for_somebody_and_says_why() -> None:
    found = said("recovery-gave-up", "en", reason="media-jam")
    assert found.tone == "failed"
    assert found.text.endswith("somebody has to look at it (paper jam)")


@pytest.mark.parametrize("why", GiveUp)
def test_why_a_kiosk_tries_no_more_has_words_in_both_languages(why: GiveUp) -> None:
    texts = {said("recovery-gave-up", language, reason=why).text for language in ("fr", "en")}
    assert len(texts) == 2
    assert not any(why in text for text in texts)


def test_what_a_newer_kiosk_says_is_shown_as_it_is() -> None:
    found = said("moon-rose", phase="full", is_red=True)
    assert found.text == "moon-rose (phase full, is red oui)"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def kiosk(now: datetime) -> Kiosk:
    """One where a citizen has been since four minutes ago."""
    made = fleets.kiosk()
    fleets.status(made, now)
    began_at = (now - timedelta(minutes=4)).isoformat()
    fleets.device(made, "session", now, facts={"in_session": True, "began_at": began_at})
    return made


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode().replace("\u00a0", " ")


@pytest.mark.django_db
def test_changes_and_events_are_told_together_the_latest_first(kiosk: Kiosk, now: datetime) -> None:
    for minutes, after in ((9, "failed"), (1, "ok")):
        at = now - timedelta(minutes=minutes)
        StateChange.objects.create(
            kiosk=kiosk, device="printer", kind="printer", after=after, reasons=[],
            at=at, clock_trusted=True, received_at=at,
        )  # fmt: skip
    at = now - timedelta(minutes=5)
    DeviceEvent.objects.create(
        kiosk=kiosk, device="printer", name="recovery-tried", facts={"rung": "reboot"},
        at=at, clock_trusted=True, received_at=at, epoch=fleets.EPOCH, seq=1,
    )  # fmt: skip
    content = page(browser(Role.VIEWER), f"/kiosks/{kiosk.pk}")
    history = content[content.index('<ol class="changes">') :]
    places = [history.index(text) for text in ("fonctionne", "sans effet", "en panne")]
    assert places == sorted(places)


@pytest.mark.django_db
def test_a_citizen_at_a_kiosk_is_seen_in_the_fleet_and_on_its_page(kiosk: Kiosk) -> None:
    viewer = browser(Role.VIEWER)
    for address in ("/", f"/kiosks/{kiosk.pk}"):
        assert "Entretien en cours" in page(viewer, address)


@pytest.mark.django_db
def test_only_who_may_interrupt_a_session_is_offered_to(kiosk: Kiosk) -> None:
    address = f"/kiosks/{kiosk.pk}/orders/reboot"
    technician = page(browser(Role.TECHNICIAN), address)
    assert "refusera l’ordre" in technician
    assert 'name="force"' not in technician
    assert 'name="force"' in page(browser(Role.ADMINISTRATOR), address)


@pytest.mark.django_db
def test_a_session_is_interrupted_from_the_page_by_who_may(kiosk: Kiosk) -> None:
    form = {"confirmation": kiosk.pk, "why": "écran noir", "force": "on"}
    address = f"/kiosks/{kiosk.pk}/orders/reboot"
    assert browser(Role.TECHNICIAN).post(address, form).status_code == 422
    assert not Command.objects.exists()
    assert browser(Role.ADMINISTRATOR).post(address, form).status_code == 302
    assert Command.objects.get().is_forced


@pytest.mark.django_db
def test_the_page_lists_what_must_be_here(kiosk: Kiosk, now: datetime) -> None:
    rows = [{"id": name, "kind": name, "is_required": name != "ups"} for name in ("camera", "ups")]
    Status.objects.filter(kiosk=kiosk).update(inventory={"declared": rows})
    fleets.device(kiosk, "camera", now, Health.MISSING, "not-connected")
    content = page(browser(Role.VIEWER), f"/kiosks/{kiosk.pk}")
    card = content[content.index("Ce qui doit être là") :]
    assert "1 élément n’est pas comme déclaré" in card
    assert "facultatif" in card
    assert "pas encore connu" in card


@pytest.mark.django_db
def test_what_is_amiss_comes_first_and_the_rest_by_what_it_is_for(
    kiosk: Kiosk, now: datetime
) -> None:
    for name in ("system", "network", "printer", "camera"):
        fleets.device(kiosk, name, now)
    fleets.device(kiosk, "scanner", now, Health.FAILED, "jammed")
    content = page(browser(Role.VIEWER), f"/kiosks/{kiosk.pk}")
    names = ("Scanner", "Caméra", "Imprimante", "Réseau", "Ordinateur")
    places = [content.index(f"<h4>{name}</h4>") for name in names]
    assert places == sorted(places)
