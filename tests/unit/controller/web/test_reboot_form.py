"""The restart from a page: who may, how it is confirmed, what becomes of it."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.commands.models import Command
from controller.fleet.models import Kiosk
from tests import fleets
from tests.people import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def kiosk() -> Kiosk:
    now: datetime = timezone.now()
    made = fleets.kiosk()
    fleets.status(made, now)
    return made


def ask(client: Client, kiosk: Kiosk, confirmation: str, why: str = "écran noir") -> str:
    response = client.post(
        f"/kiosks/{kiosk.pk}/reboot", {"confirmation": confirmation, "why": why}, follow=True
    )
    return response.content.decode()


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMINISTRATOR])
def test_who_may_restart_sees_how(kiosk: Kiosk, role: Role) -> None:
    assert "Redémarrer cette borne" in browser(role).get(f"/kiosks/{kiosk.pk}").content.decode()


def test_a_viewer_sees_no_button_and_is_refused(kiosk: Kiosk) -> None:
    viewer = browser(Role.VIEWER)
    assert "/reboot" not in viewer.get(f"/kiosks/{kiosk.pk}").content.decode()
    response = viewer.post(
        f"/kiosks/{kiosk.pk}/reboot", {"confirmation": kiosk.pk, "why": "curious"}
    )
    assert response.status_code == 403
    assert "Vous n’avez pas ce droit" in response.content.decode()
    assert not Command.objects.exists()


def test_the_id_typed_and_a_reason_given_order_a_restart(kiosk: Kiosk) -> None:
    content = ask(browser(Role.TECHNICIAN), kiosk, kiosk.pk)
    command = Command.objects.get()
    assert (command.name, command.why, str(command.by)) == ("reboot", "écran noir", "technician")
    assert "Le redémarrage est demandé" in content
    assert "En attente d’envoi" in content
    assert AuditEntry.objects.filter(action="command.reboot", address="127.0.0.1").count() == 1


@pytest.mark.parametrize(
    ("confirmation", "why", "words"),
    [
        ("pvp-63003-2", "écran noir", "pvp-63003-2"),
        ("", "écran noir", "Saisissez le nom de la borne"),
        ("pvp-63003-1", "", "Dites pourquoi"),
        ("pvp-63003-1", "   ", "Dites pourquoi"),
    ],
)
def test_anything_else_orders_nothing_and_says_why(
    kiosk: Kiosk, confirmation: str, why: str, words: str
) -> None:
    content = ask(browser(Role.TECHNICIAN), kiosk, confirmation, why)
    assert words in content
    assert '<details id="reboot" open>' in content
    assert not Command.objects.exists()


def test_a_second_restart_while_one_is_under_way_is_refused_in_words(kiosk: Kiosk) -> None:
    technician = browser(Role.TECHNICIAN)
    ask(technician, kiosk, kiosk.pk)
    content = ask(technician, kiosk, kiosk.pk).replace("\u00a0", " ")
    assert "attendez sa fin" in content
    assert Command.objects.count() == 1


def test_a_form_from_elsewhere_is_refused(kiosk: Kiosk) -> None:
    technician = browser(Role.TECHNICIAN)
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "fr"})
    strict.cookies = technician.cookies
    response = strict.post(f"/kiosks/{kiosk.pk}/reboot", {"confirmation": kiosk.pk, "why": "trick"})
    assert response.status_code == 403
    assert "Ce formulaire est trop ancien" in response.content.decode()
    assert not Command.objects.exists()
