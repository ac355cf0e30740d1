"""What `/metrics` says, and to whom."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from controller.accounts.roles import Role
from controller.accounts.services import create_user
from controller.accounts.tokens import make_token
from controller.fleet.models import Device, Kiosk
from controller.ingest.models import Tally
from tests import fleets

pytestmark = pytest.mark.django_db

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def token() -> str:
    user = create_user(name="prometheus", password="vaste-plateau-42", role=Role.VIEWER, by="x")
    return make_token(user=user, label="scrape", lifetime=timedelta(days=30), by="x")


def device(kiosk: Kiosk, name: str, health: str, now: datetime, **metrics: float) -> None:
    Device.objects.create(
        kiosk=kiosk, device=name, kind=name, health=health, metrics=metrics,
        since=now, measured_at=now, epoch=fleets.EPOCH, seq=1,
    )  # fmt: skip


def scrape(token: str, query: str = "") -> Samples:
    answer = Client().get(f"/metrics{query}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> list[float]:
    """The values of the samples of that name which have these labels."""
    wanted = set(labels.items())
    return [value for (each, has), value in samples.items() if each == name and wanted <= has]


def test_a_kiosk_that_names_metrics_as_it_likes_spoils_no_scrape(token: str, now: datetime) -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, now)
    device(kiosk, "printer", "ok", now)
    Device.objects.update(metrics={"health": 3, "rtt_ms": 400, "rtt_s": 5, "x\n{}": 6})
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    lines = answer.content.decode().splitlines()
    names = [line for line in lines if line.startswith("# TYPE")]
    samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(set(names)) == len(names)
    assert len(set(samples)) == len(samples)
    assert of(scrape(token), "vigie_device_rtt_seconds", device="printer") == [0.4]


def test_it_takes_a_token(token: str) -> None:
    answer = Client().get("/metrics")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    wrong = Client().get("/metrics", headers={"Authorization": "Bearer vigie_wrong"})
    assert wrong.status_code == 401
    assert Client().get("/metrics", headers={"Authorization": token}).status_code == 401


def test_the_session_of_a_page_is_no_token() -> None:
    user = create_user(name="marie", password="vaste-plateau-42", role=Role.VIEWER, by="x")
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get("/metrics").status_code == 401


def test_numbers_come_in_base_units(token: str, now: datetime) -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, now)
    device(kiosk, "network", "ok", now, rtt_ms=38.0, loss_percent=2.5)
    samples = scrape(token)
    assert of(samples, "vigie_device_rtt_seconds", kiosk=kiosk.pk) == [pytest.approx(0.038)]
    assert of(samples, "vigie_device_loss_ratio", device="network") == [pytest.approx(0.025)]
    assert of(samples, "vigie_device_health", device="network", health="ok") == [1.0]


def test_of_a_kiosk_that_is_away_no_old_number_is_told(token: str, now: datetime) -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, now, is_online=False)
    device(kiosk, "network", "ok", now, rtt_ms=38.0)
    samples = scrape(token)
    assert of(samples, "vigie_kiosk_online", kiosk=kiosk.pk) == [0.0]
    assert of(samples, "vigie_device_rtt_seconds") == []
    assert of(samples, "vigie_device_health") == []


def test_standings_are_counted_with_their_zeros(token: str, now: datetime) -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, now, readiness="not-ready")
    samples = scrape(token)
    place = {"kind": kiosk.kind, "department": kiosk.site.department}
    assert of(samples, "vigie_kiosks", standing="not-ready", **place) == [1.0]
    assert of(samples, "vigie_kiosks", standing="ready", **place) == [0.0]
    assert of(samples, "vigie_kiosk_can_receive", kiosk=kiosk.pk) == [0.0]


def test_messages_are_added_up_over_all_ingests(token: str, now: datetime) -> None:
    for name in ("vigie-ingest", "vigie-ingest-2"):
        Tally.objects.create(name=name, stored=5, duplicates=1, rejected=2, updated_at=now)
    samples = scrape(token)
    assert of(samples, "vigie_messages_stored_total") == [10.0]
    assert of(samples, "vigie_messages_rejected_total") == [4.0]


def test_detail_bounds_what_is_told(token: str, now: datetime) -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, now)
    device(kiosk, "network", "ok", now, rtt_ms=38.0)
    fleet, kiosks = scrape(token, "?detail=fleet"), scrape(token, "?detail=kiosks")
    assert of(fleet, "vigie_kiosks", standing="ready") == [1.0]
    assert of(fleet, "vigie_kiosk_online") == []
    assert of(kiosks, "vigie_kiosk_online") == [1.0]
    assert of(kiosks, "vigie_device_health") == []


def test_a_wrong_detail_is_told(token: str) -> None:
    answer = Client().get("/metrics?detail=all", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 400
    assert answer.content.decode() == "detail is 'all', must be one of: fleet, kiosks, devices\n"


def test_openmetrics_is_given_to_who_asks_for_it(token: str) -> None:
    answer = Client().get(
        "/metrics",
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/openmetrics-text; version=1.0.0",
        },
    )
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


def test_a_fleet_costs_no_more_queries_than_a_kiosk(
    token: str, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        kiosk = fleets.kiosk(f"pvp-{number}")
        fleets.status(kiosk, now, readiness="not-ready", because=["network"])
        device(kiosk, "network", "failed", now, rtt_ms=38.0)
    with django_assert_max_num_queries(14):  # with those of the token
        scrape(token)
