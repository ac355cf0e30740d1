"""One order to many kiosks, from the list to its progress."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from controller.accounts.roles import Role
from controller.commands.models import Batch, BatchItem
from tests import fleets
from tests.people import browser

pytestmark = pytest.mark.django_db
KIOSKS = ["pvp-63003-1", "pvp-63003-2", "pvp-63003-3"]


@pytest.fixture(autouse=True)
def _fleet() -> None:
    now: datetime = timezone.now()
    for name in KIOSKS:
        fleets.status(fleets.kiosk(name), now, is_online=name != KIOSKS[2])


@pytest.fixture
def technician() -> Client:
    return browser(Role.TECHNICIAN)


def form(**changes: Any) -> dict[str, Any]:
    return {
        "kiosks": KIOSKS,
        "at_a_time": "2",
        "pause_s": "30 s",
        "stop_after_failures": "1",
        "life_s": "1 d",
        "why": "mise à jour",
    } | changes


def said(client: Client, name: str, given: dict[str, Any]) -> str:
    response = client.post(f"/new-batch?name={name}", given, follow=True)
    return response.content.decode().replace("\u00a0", " ")


def test_the_exact_list_is_shown_and_narrowed_by_the_filters(technician: Client) -> None:
    content = technician.get("/new-batch?name=reboot&q=63003-2").content.decode()
    assert 'value="pvp-63003-2" checked' in content
    assert "pvp-63003-1" not in content


def test_a_dry_run_tells_who_would_wait_and_orders_nothing(technician: Client) -> None:
    content = said(technician, "reboot", form(dry="yes"))
    assert "2 bornes recevraient l’ordre maintenant" in content
    assert "pvp-63003-3" in content[content.index('id="preview"') : content.index("</section>")]
    assert not Batch.objects.exists()


def test_a_disruptive_batch_is_confirmed_by_the_number_of_kiosks(technician: Client) -> None:
    assert "3 bornes" in said(technician, "reboot", form(confirmation="2"))
    assert not Batch.objects.exists()
    said(technician, "reboot", form(confirmation="3"))
    made = Batch.objects.get()
    assert (made.at_a_time, made.pause_s, made.why) == (2, 30, "mise à jour")
    assert [item.kiosk_id for item in made.items.all()] == KIOSKS


def test_only_what_is_ticked_gets_the_order(technician: Client) -> None:
    said(technician, "sync-clock", form(kiosks=KIOSKS[:1]))
    assert [item.kiosk_id for item in BatchItem.objects.all()] == KIOSKS[:1]
    assert 'id="id_kiosks_error"' in said(technician, "sync-clock", form(kiosks=[]))


def test_a_batch_is_paused_goes_on_and_is_ended(technician: Client) -> None:
    said(technician, "sync-clock", form())
    made = Batch.objects.get()
    for how, state in (("pause", "paused"), ("resume", "running"), ("abort", "aborted")):
        technician.post(f"/batches/{made.pk}/{how}")
        made.refresh_from_db()
        assert made.state == state
    assert "Terminé à la main" in technician.get(f"/batches/{made.pk}").content.decode()
    assert "Régler l’horloge" in technician.get("/batches").content.decode()


def test_many_batches_cost_no_more_queries_than_one(
    technician: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(8):
        said(technician, "sync-clock", form())
    # Session, user, groups, two of rights, the count of alerts, and the two of the list.
    with django_assert_max_num_queries(8):
        assert "0 sur 3" in technician.get("/batches").content.decode()


def test_the_page_of_a_batch_asks_the_same_for_many_kiosks(
    technician: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        fleets.kiosk(f"pvp-{number}")
    said(technician, "sync-clock", form(kiosks=[f"pvp-{number}" for number in range(60)]))
    made = Batch.objects.get()
    # Session, user, groups, two of rights, alerts, cursor (2), the batch and its kiosks.
    with django_assert_max_num_queries(10):
        technician.get(f"/batches/{made.pk}")


def test_a_viewer_gives_no_order_to_anybody(technician: Client) -> None:
    said(technician, "sync-clock", form())
    viewer = browser(Role.VIEWER)
    assert viewer.get("/new-batch").status_code == 403
    made = Batch.objects.get()
    viewer.post(f"/batches/{made.pk}/abort")
    made.refresh_from_db()
    assert made.state == "running"
