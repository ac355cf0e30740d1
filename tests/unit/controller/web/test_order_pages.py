"""Orders from a page: who may, how they are confirmed, what becomes of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contract.commands import CATALOGUE
from controller.accounts.models import AuditEntry
from controller.accounts.roles import Role
from controller.commands.models import Command, CommandEvent, CommandPiece
from controller.fleet.models import Kiosk
from controller.web import catalogue, words
from tests import fleets
from tests.people import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def kiosk(now: datetime) -> Kiosk:
    made = fleets.kiosk()
    fleets.status(made, now)
    for kind in ("printer", "camera", "application"):
        fleets.device(made, kind, now)
    return made


@pytest.fixture
def technician() -> Client:
    return browser(Role.TECHNICIAN)


def ask(client: Client, kiosk: Kiosk, name: str, **said: str) -> str:
    response = client.post(f"/kiosks/{kiosk.pk}/orders/{name}", said, follow=True)
    return response.content.decode().replace("\u00a0", " ")


def made(kiosk: Kiosk, now: datetime, name: str, state: str, **changes: Any) -> Command:
    values = {"issued_at": now, "expires_at": now + timedelta(minutes=10)}
    return Command.objects.create(kiosk=kiosk, name=name, state=state, **values | changes)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_order_has_a_page_that_says_what_it_does_and_costs(kiosk: Kiosk, entry: Any) -> None:
    administrator = browser(Role.ADMINISTRATOR)
    content = administrator.get(f"/kiosks/{kiosk.pk}/orders/{entry.name}").content.decode()
    assert ("confirmation" in content) is entry.is_disruptive
    assert 'name="why"' in content


def test_the_kiosk_page_offers_what_its_devices_can_do(technician: Client, kiosk: Kiosk) -> None:
    content = technician.get(f"/kiosks/{kiosk.pk}").content.decode()
    assert f"/kiosks/{kiosk.pk}/orders/print-test-page?device=printer" in content
    assert "test-scanner" not in content


def test_a_viewer_sees_no_order_and_is_refused(kiosk: Kiosk) -> None:
    viewer = browser(Role.VIEWER)
    assert "/orders/" not in viewer.get(f"/kiosks/{kiosk.pk}").content.decode()
    assert viewer.post(f"/kiosks/{kiosk.pk}/orders/ping", {"why": "x"}).status_code == 403
    assert not Command.objects.exists()


def test_the_id_typed_and_a_reason_given_order_a_restart(technician: Client, kiosk: Kiosk) -> None:
    content = ask(technician, kiosk, "reboot", confirmation=kiosk.pk, why="écran noir")
    command = Command.objects.get()
    assert (command.name, command.why, str(command.by)) == ("reboot", "écran noir", "technician")
    assert "En attente d’envoi" in content
    assert "Il attend la borne jusqu’à" in content
    assert AuditEntry.objects.get(action="command.reboot").address == "127.0.0.1"


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
    technician: Client, kiosk: Kiosk, confirmation: str, why: str, words: str
) -> None:
    assert words in ask(technician, kiosk, "reboot", confirmation=confirmation, why=why)
    assert not Command.objects.exists()


def test_a_second_restart_while_one_is_under_way_is_refused_in_words(
    technician: Client, kiosk: Kiosk
) -> None:
    ask(technician, kiosk, "reboot", confirmation=kiosk.pk, why="écran noir")
    content = ask(technician, kiosk, "reboot", confirmation=kiosk.pk, why="encore")
    assert "attendez sa fin" in content
    assert Command.objects.count() == 1


def test_a_form_from_elsewhere_is_refused(technician: Client, kiosk: Kiosk) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "fr"})
    strict.cookies = technician.cookies
    response = strict.post(f"/kiosks/{kiosk.pk}/orders/ping", {"why": "trick"})
    assert response.status_code == 403
    assert not Command.objects.exists()


def test_arguments_are_read_as_people_write_them(technician: Client, kiosk: Kiosk) -> None:
    said = {"units": "cups.service\nvigie-agent.service", "since_s": "2 h", "max_bytes": "1,5 Mo"}
    ask(technician, kiosk, "fetch-logs", **said)
    assert Command.objects.get().args == {
        "units": ["cups.service", "vigie-agent.service"],
        "since_s": 7200,
        "max_bytes": 1_500_000,
    }


@pytest.mark.parametrize(
    ("name", "said", "field"),
    [
        ("fetch-logs", {"since_s": "30 d"}, "since_s"),
        ("test-link", {"for_s": "long"}, "for_s"),
        ("print-test-page", {"device": "camera"}, "device"),
        ("print-test-page", {}, "device"),
    ],
)
def test_arguments_out_of_bounds_are_said_at_their_field(
    technician: Client, kiosk: Kiosk, name: str, said: dict[str, str], field: str
) -> None:
    assert f'id="id_{field}_error"' in ask(technician, kiosk, name, **said)
    assert not Command.objects.exists()


def test_the_old_address_of_the_restart_leads_to_its_page(technician: Client, kiosk: Kiosk) -> None:
    response = technician.get(f"/kiosks/{kiosk.pk}/reboot")
    assert response.headers["Location"] == f"/kiosks/{kiosk.pk}/orders/reboot"


def test_an_order_that_nobody_knows_has_no_page(technician: Client, kiosk: Kiosk) -> None:
    assert technician.get(f"/kiosks/{kiosk.pk}/orders/self-destruct").status_code == 404


def test_progress_and_figures_are_read_on_the_orders_page(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    running = made(kiosk, now, "check-up", "running", result={"progress_percent": 40})
    assert 'value="40"' in technician.get(f"/commands/{running.pk}").content.decode()
    over = made(kiosk, now, "test-link", "succeeded", result={"rtt_ms": 38.0, "same": 0})
    content = technician.get(f"/commands/{over.pk}").content.decode().replace("\u00a0", " ")
    assert "<dt>Temps de réponse</dt><dd>38 ms</dd>" in content


def test_a_fetched_file_is_downloaded_once_it_is_whole(
    technician: Client, kiosk: Kiosk, now: datetime
) -> None:
    command = made(kiosk, now, "fetch-logs", "running", result={"file": "journal.gz"})
    CommandPiece.objects.create(command=command, index=1, count=2, data=b"world")
    assert "1 des 2 parties" in technician.get(f"/commands/{command.pk}").content.decode()
    CommandPiece.objects.create(command=command, index=0, count=2, data=b"hello ")
    response = technician.get(f"/commands/{command.pk}/file")
    assert response.content == b"hello world"
    assert 'filename="journal.gz"' in response.headers["Content-Disposition"]
    assert browser(Role.VIEWER).get(f"/commands/{command.pk}/file").status_code == 403


def test_the_list_narrows_and_asks_the_same_for_many_orders(
    technician: Client,
    kiosk: Kiosk,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(60):
        command = made(kiosk, now, "ping", "succeeded")
        CommandEvent.objects.create(command=command, state="queued", at=now, received_at=now)
    # Session, user, groups, two of rights, the count of alerts, and the two of the list.
    with django_assert_max_num_queries(8):
        content = technician.get("/commands").content.decode()
    assert "Page 1 sur 2" in content
    empty = technician.get("/commands?state=failed&name=ping").content.decode()
    assert "Aucun ordre ne correspond" in empty


@pytest.mark.parametrize(
    ("name", "result", "words"),
    [
        ("check-up", {"amiss": ["camera: failed: black"]}, "Caméra : en panne, l’image est noire"),
        (
            "check-up",
            {"changed": ["printer: missing -> ok"]},
            "Imprimante : introuvable → fonctionne",
        ),
        ("test-link", {"controller.rtt_ms": 38.0}, "<dt>Contrôleur, Temps de réponse</dt>"),
        ("print-test-page", {"printer_reasons": ["media-empty"]}, "plus de papier"),
        ("test-camera", {"verdict": "failed"}, "En panne"),
        ("check-up", {"strange": {"shape": 1}, "devices": [3]}, "strange"),
    ],
)
def test_what_came_of_an_order_is_said_in_words(
    technician: Client,
    kiosk: Kiosk,
    now: datetime,
    name: str,
    result: dict[str, Any],
    words: str,
) -> None:
    command = made(kiosk, now, name, "succeeded", result=result)
    content = technician.get(f"/commands/{command.pk}").content.decode().replace("\u00a0", " ")
    assert words in content


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("waiting for camera", "attente de Caméra"),
        ("printer", "Imprimante"),
        ("polishing the lens", "polishing the lens"),
    ],
)
def test_what_a_kiosk_is_at_is_said_in_words(
    technician: Client, kiosk: Kiosk, now: datetime, step: str, words: str
) -> None:
    result = {"progress_percent": 40, "step": step}
    command = made(kiosk, now, "check-up", "running", result=result)
    assert words in technician.get(f"/commands/{command.pk}").content.decode()


def test_the_whole_catalogue_is_offered_each_entry_with_words(now: datetime) -> None:
    browser(Role.ADMINISTRATOR)
    kinds = {kind for entry in CATALOGUE for kind in entry.kinds}
    here = fleets.kiosk("pvp-63003-9")
    devices = [fleets.device(here, kind, now) for kind in kinds]
    user = User.objects.get(username="administrator")
    acts = [act for _title, group in catalogue.offered(user, devices) for act in group]
    assert {act.name for act in acts} == {entry.name for entry in CATALOGUE}
    assert [act.name for act in acts if not act.does or act.name not in words.COMMAND] == []


def test_the_life_of_an_order_says_what_its_kiosk_was_at_and_nothing_twice(
    kiosk: Kiosk, now: datetime, technician: Client
) -> None:
    order = made(kiosk, now, "print-test-page", "succeeded")
    for second, step in enumerate((None, "sending the page", "sending the page", "printing")):
        CommandEvent.objects.create(
            command=order, state="running", at=now + timedelta(seconds=second),
            received_at=now + timedelta(seconds=second), result={"step": step} if step else {},
        )  # fmt: skip
    content = technician.get(f"/commands/{order.pk}").content.decode().replace("\u00a0", " ")
    life = content.partition('<ol class="life">')[2].partition("</ol>")[0]
    assert life.count("<li>") == 3
    assert life.index("En cours : envoi de la page") < life.index("En cours : impression")
