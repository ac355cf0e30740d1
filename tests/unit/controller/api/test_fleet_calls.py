"""Reading the fleet through the API."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from controller.fleet.models import (
    Device,
    DeviceEvent,
    Kiosk,
    Lifecycle,
    Resolution,
    Session,
    StateChange,
)
from controller.fleet.readings import Buckets, Place, hour_of, merge
from controller.ingest.models import Gap, Rejected, Tally
from tests import fleets

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def ids(client: Client, query: str = "") -> list[str]:
    return [item["id"] for item in client.get(f"/api/kiosks{query}").json()["items"]]


def test_kiosks_are_listed_with_what_is_wrong_with_them(viewer: Client, now: datetime) -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, now, readiness="not-ready", because=["printer"])
    printer = Device.objects.create(
        kiosk=kiosk,
        device="printer",
        kind="printer",
        health="failed",
        reasons=["media-empty"],
        since=now,
        measured_at=now,
        epoch=fleets.EPOCH,
        seq=1,
    )
    answer = viewer.get("/api/kiosks").json()
    assert answer["count"] == 1
    item = answer["items"][0]
    assert (item["id"], item["standing"], item["readiness"]) == (kiosk.pk, "not-ready", "not-ready")
    assert item["reasons"] == [f"{printer.device}: media-empty"]


def test_kiosks_are_filtered(viewer: Client, now: datetime) -> None:
    aurillac = fleets.site(
        "aurillac", name="Mairie", commune="Aurillac", insee="15014", department="15"
    )
    fleets.status(fleets.kiosk("pvp-1"), now)
    fleets.status(fleets.kiosk("exp-1", kind="expert", site=aurillac), now, readiness="degraded")
    fleets.kiosk("pvp-2", site=aurillac)
    fleets.kiosk("old-1", lifecycle=Lifecycle.RETIRED)
    assert ids(viewer) == ["exp-1", "pvp-1", "pvp-2"]
    assert ids(viewer, "?department=15") == ["exp-1", "pvp-2"]
    assert ids(viewer, "?kind=expert") == ["exp-1"]
    assert ids(viewer, "?readiness=degraded") == ["exp-1"]
    assert ids(viewer, "?readiness=unknown") == ["pvp-2"]  # never heard
    assert ids(viewer, "?q=aurill+pvp") == ["pvp-2"]


def test_a_page_is_cut_out_and_the_whole_is_counted(viewer: Client) -> None:
    for number in range(5):
        fleets.kiosk(f"pvp-{number}")
    answer = viewer.get("/api/kiosks?limit=2&offset=2").json()
    assert answer["count"] == 5
    assert [item["id"] for item in answer["items"]] == ["pvp-2", "pvp-3"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "offset=-1", "kind=robot"])
def test_a_wrong_query_says_which_part_is_wrong(viewer: Client, query: str) -> None:
    answer = viewer.get(f"/api/kiosks?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(query.partition("=")[0])


def test_a_list_costs_the_same_whatever_its_length(
    viewer: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        fleets.status(fleets.kiosk(f"pvp-{number}"), now, because=["printer"])
    with django_assert_num_queries(5):  # session, user, page, devices, count
        viewer.get("/api/kiosks")


def test_one_kiosk_is_shown_with_devices_and_changes(viewer: Client, now: datetime) -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, now)
    StateChange.objects.create(
        kiosk=kiosk,
        kind="presence",
        after="online",
        at=now,
        clock_trusted=True,
        received_at=now,
    )
    answer = viewer.get(f"/api/kiosks/{kiosk.pk}").json()
    assert answer["site"]["commune"] == "Ambert"
    assert answer["status"]["is_online"] is True
    assert [change["after"] for change in answer["changes"]] == ["online"]


def test_a_kiosk_never_heard_has_no_status(viewer: Client) -> None:
    assert viewer.get(f"/api/kiosks/{fleets.kiosk().pk}").json()["status"] is None


def test_an_unknown_kiosk_is_not_found_and_said_so(viewer: Client) -> None:
    answer = viewer.get("/api/kiosks/pvp-404")
    assert answer.status_code == 404
    assert "pvp-404" in answer.json()["error"]


def test_readings_are_given_oldest_first(viewer: Client, now: datetime) -> None:
    kiosk = fleets.kiosk()
    buckets = Buckets()
    for hours in (1, 2):
        start = hour_of(now - timedelta(hours=hours))
        buckets.add(Place(kiosk.pk, "system", "cpu_percent", start), hours)
    merge(buckets, Resolution.HOUR)
    answer = viewer.get(f"/api/kiosks/{kiosk.pk}/readings?device=system&metric=cpu_percent").json()
    assert [point["mean"] for point in answer] == [2, 1]
    assert answer[0]["samples"] == 1


def test_the_summary_counts_what_is_there_and_what_was_lost(viewer: Client, now: datetime) -> None:
    kiosk = fleets.kiosk("pvp-1")
    fleets.status(kiosk, now)
    fleets.kiosk("exp-1", kind="expert")
    Gap.objects.create(kiosk=kiosk, epoch=fleets.EPOCH, first=3, last=7, seen_at=now)
    Tally.objects.create(name="vigie-ingest", rejected=2, updated_at=now)
    assert viewer.get("/api/summary").json() == {
        "kiosks": 2,
        "online": 1,
        "by_kind": {"pvp": 1, "expert": 1},
        "by_readiness": {"ready": 1, "degraded": 0, "not-ready": 0, "unknown": 1},
        "by_standing": {"ready": 1, "silent": 1},
        "gaps": 5,
        "rejected": 2,
    }


def test_gaps_are_listed_for_all(viewer: Client, now: datetime) -> None:
    Gap.objects.create(kiosk=fleets.kiosk(), epoch=fleets.EPOCH, first=3, last=7, seen_at=now)
    assert [(gap["first"], gap["last"]) for gap in viewer.get("/api/gaps").json()] == [(3, 7)]


def test_rejected_messages_are_for_administrators(
    viewer: Client, administrator: Client, now: datetime
) -> None:
    Rejected.objects.create(at=now, topic="vigie/1/x/report", payload=b"\xff{", error="malformed")
    assert viewer.get("/api/rejected").status_code == 403
    assert administrator.get("/api/rejected").json()[0]["payload"] == "�{"


def happened(kiosk: Kiosk, name: str, at: datetime, **changes: object) -> DeviceEvent:
    values: dict[str, object] = {
        "device": "session",
        "facts": {},
        "clock_trusted": True,
        "epoch": fleets.EPOCH,
        "seq": 1,
    }
    return DeviceEvent.objects.create(
        kiosk=kiosk, name=name, at=at, received_at=at, **values | changes
    )


def test_events_are_listed_and_filtered(viewer: Client, now: datetime) -> None:
    kiosk = fleets.kiosk()
    happened(kiosk, "session-ended", now - timedelta(days=2), facts={"duration_s": 840})
    happened(kiosk, "recovery-tried", now, device="printer", facts={"rung": "rebind"})
    happened(fleets.kiosk("pvp-2"), "recovery-tried", now)
    path = f"/api/kiosks/{kiosk.pk}/events"
    answer = viewer.get(path).json()
    assert answer["count"] == 2
    assert [item["name"] for item in answer["items"]] == ["recovery-tried", "session-ended"]
    assert answer["items"][1]["facts"] == {"duration_s": 840}
    yesterday = (now - timedelta(days=1)).isoformat()
    for query in ({"name": "recovery-tried"}, {"device": "printer"}, {"since": yesterday}):
        found = viewer.get(path, query).json()["items"]
        assert [item["device"] for item in found] == ["printer"]


def test_visits_are_listed_since_a_time(viewer: Client, now: datetime) -> None:
    kiosk = fleets.kiosk()
    for days in (3, 0):
        Session.objects.create(
            kiosk=kiosk,
            device="session",
            began_at=now - timedelta(days=days),
            clock_trusted=True,
            received_at=now,
        )
    path = f"/api/kiosks/{kiosk.pk}/sessions"
    assert viewer.get(path).json()["count"] == 2
    found = viewer.get(path, {"since": (now - timedelta(days=1)).isoformat()}).json()["items"]
    assert [(item["ending"], item["ended_at"]) for item in found] == [("open", None)]
    assert viewer.get(path, {"since": "2026-11-24T10:00:00"}).status_code == 422


@pytest.mark.parametrize("what", ["events", "sessions"])
def test_the_history_of_a_kiosk_that_is_not_there_is_not_found(viewer: Client, what: str) -> None:
    assert viewer.get(f"/api/kiosks/nowhere/{what}").status_code == 404
