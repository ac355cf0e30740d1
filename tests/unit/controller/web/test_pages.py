"""Pages as a browser gets them: who sees what, in which language, with which headers."""

from datetime import datetime, timedelta

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone, translation
from django.views.defaults import server_error
from pytest_django import DjangoAssertNumQueries

from contract.commands import CommandState
from contract.health import Health
from controller.accounts.roles import Role
from controller.commands.models import Command, CommandEvent
from controller.fleet.models import Kiosk, Lifecycle, StateChange
from controller.ingest.models import Gap
from tests import fleets
from tests.people import PASSWORD, browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def page() -> Client:
    """A viewer's browser, in French."""
    return browser(Role.VIEWER)


@pytest.fixture
def kiosk(now: datetime) -> Kiosk:
    """A kiosk whose printer is out of paper."""
    made = fleets.kiosk()
    fleets.status(made, now, readiness="not-ready", because=["printer"])
    fleets.device(
        made, "printer", now - timedelta(hours=3), Health.FAILED, "media-empty", "strange-thing"
    )
    fleets.device(made, "network", now, metrics={"rtt_ms": 41.0}, facts={"gateway": "192.0.2.1"})
    return made


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode().replace("\u00a0", " ")


@pytest.mark.parametrize("name", ["fleet", "kiosk"])
def test_a_stranger_is_asked_to_log_in(name: str, kiosk: Kiosk) -> None:
    address = reverse(name, args=[kiosk.pk] if name == "kiosk" else [])
    assert Client().get(address).headers["Location"] == f"/login?next={address}"


def test_part_of_a_page_is_not_answered_with_the_login_page() -> None:
    response = Client().get(reverse("fleet-board"), headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Refresh"]) == (401, "true")
    assert Client().get("/live", headers={"Accept": "text/event-stream"}).status_code == 401


def test_logging_in_leads_to_the_page_that_was_asked_for(kiosk: Kiosk) -> None:
    browser(Role.VIEWER)
    response = Client().post(
        "/login", {"username": "viewer", "password": PASSWORD, "next": f"/kiosks/{kiosk.pk}"}
    )
    assert response.headers["Location"] == f"/kiosks/{kiosk.pk}"


def test_a_wrong_password_is_said_so() -> None:
    response = Client().post("/login", {"username": "viewer", "password": "wrong"})
    assert "Saisissez un nom" in response.content.decode()


def test_the_fleet_page_says_who_needs_a_hand_and_why(page: Client, kiosk: Kiosk) -> None:
    content = text(page, "/")
    assert "<strong>0</strong> borne sur 1 peut recevoir un citoyen" in content
    assert "Qui a besoin d’un coup de main maintenant ?" in content
    assert "<strong>Imprimante</strong> : plus de papier, strange-thing" in content
    assert "il y a 3 h" in content


@pytest.mark.parametrize(
    ("ready", "words"),
    [
        (0, "<strong>0</strong> borne sur 3 peut recevoir un citoyen"),
        (1, "<strong>1</strong> borne sur 3 peut recevoir un citoyen"),
        (2, "<strong>2</strong> bornes sur 3 peuvent recevoir un citoyen"),
    ],
)
def test_the_headline_agrees_with_how_many_are_ready(
    page: Client, now: datetime, ready: int, words: str
) -> None:
    for number in range(3):
        made = fleets.kiosk(f"pvp-63003-{number}")
        fleets.status(made, now, readiness="ready" if number < ready else "not-ready")
    assert words in text(page, "/")


def test_kiosks_of_one_site_are_told_apart_by_what_they_are_called(
    page: Client, kiosk: Kiosk
) -> None:
    fleets.kiosk("pvp-63003-2", label="Guichet 2", site=kiosk.site)
    content = text(page, "/")
    assert f'<span class="which id">{kiosk.pk}</span>' in content
    assert '<span class="which">Guichet 2</span>' in content


def test_the_same_in_english(kiosk: Kiosk) -> None:
    content = text(browser(Role.VIEWER, "en"), "/")
    assert "<strong>0</strong> of 1 kiosk can receive a citizen" in content
    assert "<strong>Printer</strong>: out of paper, strange-thing" in content


def test_the_language_is_kept_once_chosen(page: Client, kiosk: Kiosk) -> None:
    assert '<html lang="fr">' in text(page, "/")
    page.post("/language", {"language": "en", "next": "/"})
    assert '<html lang="en">' in text(page, "/")


def test_filters_stay_in_the_form_and_in_the_links(page: Client, kiosk: Kiosk) -> None:
    content = text(page, "/?q=ambert&department=63&standing=ready")
    assert 'value="ambert"' in content
    assert '<option value="63" selected>' in content
    assert "/?q=ambert&amp;department=63&amp;standing=not-ready" in content


def test_filters_that_make_no_sense_are_left_out(page: Client, kiosk: Kiosk) -> None:
    assert kiosk.pk in text(page, "/?kind=spaceship&standing=%00&page=minus-one&department=")


def test_the_board_puts_the_filters_into_the_address(page: Client, kiosk: Kiosk) -> None:
    response = page.get("/board?q=amb&department=&kind=pvp", headers={"HX-Trigger": "filters"})
    assert response.headers["HX-Replace-Url"] == "/?q=amb&kind=pvp"


def test_an_empty_fleet_says_how_to_begin(page: Client) -> None:
    assert "vigie fleet import" in text(page, "/")


def test_nothing_that_matches_is_said_so(page: Client, kiosk: Kiosk) -> None:
    assert "Aucune borne ne correspond" in text(page, "/?q=nowhere")


def test_a_fleet_without_worries_says_so(page: Client, now: datetime) -> None:
    fleets.status(fleets.kiosk(), now)
    assert "Personne n’a besoin d’un coup de main" in text(page, "/")


def test_the_fleet_page_asks_the_same_for_many_kiosks(
    page: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(110):
        made = fleets.kiosk(f"pvp-{number}")
        fleets.status(made, now, readiness="degraded", because=["printer"])
        fleets.device(made, "printer", now, Health.DEGRADED, "toner-low")
    # Session, user, groups, two of rights, the three of the fleet, the two that count alerts.
    with django_assert_max_num_queries(10):
        text(page, "/")


def test_the_kiosk_page_says_what_is_wrong_in_plain_words(page: Client, kiosk: Kiosk) -> None:
    content = text(page, f"/kiosks/{kiosk.pk}")
    assert "Cette borne ne peut pas recevoir de citoyen." in content
    assert "Plus de papier, strange-thing" in content
    assert "<dt>Temps de réponse</dt><dd>41 ms</dd>" in content
    assert "<dt>Passerelle</dt><dd>192.0.2.1</dd>" in content


def test_what_an_offline_kiosk_said_last_is_dated(page: Client, now: datetime) -> None:
    made = fleets.kiosk()
    fleets.status(made, now - timedelta(hours=5), is_online=False, presence_reason="lost")
    fleets.device(made, "camera", now)
    content = text(page, f"/kiosks/{made.pk}")
    assert "Cette borne est hors ligne" in content
    assert 'class="devices old"' in content
    assert "Au dernier contact, le" in content


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("lost", "la connexion est perdue"),
        ("stopping", "son agent a été arrêté"),
        ("rebooting", "elle redémarre"),
        ("revoked", "son certificat a été révoqué"),
        ("eclipse", "eclipse"),
    ],
)
def test_why_a_kiosk_left_is_told_among_its_changes(
    page: Client, kiosk: Kiosk, now: datetime, reason: str, words: str
) -> None:
    StateChange.objects.create(
        kiosk=kiosk,
        kind="presence",
        before="online",
        after="offline",
        reasons=[reason],
        at=now,
        clock_trusted=True,
        received_at=now,
    )
    assert f"<strong>Hors ligne</strong> : {words}" in text(page, f"/kiosks/{kiosk.pk}")


def test_a_kiosk_never_heard_has_a_page(page: Client) -> None:
    assert "Jamais entendue" in text(page, f"/kiosks/{fleets.kiosk().pk}")


def test_a_hole_in_the_history_is_shown(page: Client, kiosk: Kiosk, now: datetime) -> None:
    Gap.objects.create(kiosk=kiosk, epoch=fleets.EPOCH, first=10, last=42, seen_at=now)
    assert "33 messages de cette borne n’arriveront jamais" in text(page, f"/kiosks/{kiosk.pk}")


def test_a_hole_of_long_ago_is_no_longer_news(page: Client, kiosk: Kiosk, now: datetime) -> None:
    long_ago = now - timedelta(days=31)
    Gap.objects.create(kiosk=kiosk, epoch=fleets.EPOCH, first=10, last=42, seen_at=long_ago)
    assert "n’arriveront jamais" not in text(page, f"/kiosks/{kiosk.pk}")


def test_a_restart_is_told_from_order_to_outcome(page: Client, kiosk: Kiosk, now: datetime) -> None:
    command = Command.objects.create(
        kiosk=kiosk,
        name="reboot",
        state=CommandState.SUCCEEDED,
        issued_at=now,
        expires_at=now,
        why="écran noir",
        result={
            "simulated": True,
            "duration_s": 47.0,
            "better": ["camera"],
            "worse": [],
            "same": 11,
            "changed": ["camera: missing -> ok"],
        },
    )
    for second, state in enumerate(("queued", "sent", "accepted", "running", "succeeded")):
        at = now + timedelta(seconds=second)
        CommandEvent.objects.create(command=command, state=state, at=at, received_at=at)
    content = text(page, f"/kiosks/{kiosk.pk}")
    for words in (
        "écran noir",
        "Fait",
        "simulé",
        "En 47 s. Par rapport à avant : 1 appareil va mieux, 11 sont comme avant.",
        "Accepté par la borne",
        "Caméra : introuvable → fonctionne",
    ):
        assert words in content


def test_a_result_of_an_unforeseen_shape_breaks_no_page(
    page: Client, kiosk: Kiosk, now: datetime
) -> None:
    Command.objects.create(
        kiosk=kiosk,
        name="reboot",
        state=CommandState.FAILED,
        issued_at=now,
        expires_at=now,
        result={"duration_s": "long", "better": 3, "worse": None, "same": "most"},
    )
    assert "Échoué" in text(page, f"/kiosks/{kiosk.pk}")


@pytest.mark.parametrize("markup", ["<script>alert(1)</script>"])
def test_what_a_kiosk_says_is_never_markup(
    page: Client, kiosk: Kiosk, now: datetime, markup: str
) -> None:
    fleets.device(kiosk, "camera", now, facts={"product": markup})
    Command.objects.create(
        kiosk=kiosk, name="reboot", state="failed", issued_at=now, expires_at=now, reason=markup
    )
    content = text(page, f"/kiosks/{kiosk.pk}")
    assert markup not in content
    assert "&lt;script&gt;" in content


def test_a_retired_kiosk_keeps_its_page_and_leaves_the_fleet(page: Client) -> None:
    made = fleets.kiosk(lifecycle=Lifecycle.RETIRED)
    assert made.pk not in text(page, "/")
    assert "Retirée" in text(page, f"/kiosks/{made.pk}")


@pytest.mark.parametrize(("language", "words"), [("fr", "n’existe pas"), ("en", "no such page")])
@pytest.mark.parametrize("address", ["/nowhere", "/kiosks/nowhere", "/kiosks/nowhere/board"])
def test_what_is_not_there_is_said_in_the_readers_language(
    address: str, language: str, words: str
) -> None:
    assert words in text(browser(Role.VIEWER, language), address, 404)


@pytest.mark.parametrize(("language", "words"), [("fr", "C’est notre faute"), ("en", "our fault")])
def test_our_own_fault_is_said_without_the_database(language: str, words: str) -> None:
    with translation.override(language):
        response = server_error(RequestFactory().get("/"))
    assert words in response.content.decode()


@pytest.mark.parametrize("address", ["/", "/login", "/nowhere", "/kiosks/pvp-63003-1"])
def test_nothing_inline_and_nothing_from_elsewhere(
    page: Client, kiosk: Kiosk, address: str
) -> None:
    response = page.get(address)
    content = response.content.decode()
    assert "script-src 'self'; style-src 'self'" in response.headers["Content-Security-Policy"]
    for forbidden in (" style=", "<style", "<script>", " onclick=", "//cdn", "http://"):
        assert forbidden not in content


def test_the_live_stream_knows_kiosks_alone(page: Client) -> None:
    assert page.get("/live?kiosk=../etc").status_code == 404
