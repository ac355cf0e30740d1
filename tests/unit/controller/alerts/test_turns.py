"""Turns on the database: what kiosks said becomes alerts, once, whatever happens in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from pytest_django import DjangoAssertNumQueries

from contract.health import Health
from controller.alerts import retention, services
from controller.alerts.evaluate import Evaluator
from controller.alerts.models import Alert, AlertEvent, Route, StoredRule
from controller.fleet.models import Device, Status
from tests import fleets

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # a Tuesday
MINUTE = timedelta(minutes=1)


def rule(key: str, match: dict[str, Any], **more: Any) -> None:
    body = {
        "key": key,
        "title": {"fr": key, "en": key},
        "match": match,
        "severity": "critical",
        "for_s": 300,
        "clear_for_s": 60,
        **more,
    }
    StoredRule.objects.create(key=key, version=1, body=msgspec.to_builtins(body))


@pytest.fixture(autouse=True)
def policy() -> None:
    rule("offline", {"subject": "presence"}, for_s=600, gathers=["provider", "site"])
    rule("failed", {"subject": "device", "health": ["failed"]})
    Route.objects.create(
        key="default",
        title="All",
        steps=[{"after_s": 0, "contacts": ["it"]}, {"after_s": 3600, "contacts": ["boss"]}],
    )


def told() -> list[tuple[str, list[str]]]:
    return [(event.name, event.tells) for event in AlertEvent.objects.filter(is_untold=True)]


def test_a_kiosk_that_stays_dark_fires_once_escalates_and_is_resolved() -> None:
    evaluator = Evaluator("Europe/Paris")
    status = fleets.status(fleets.kiosk(), NOON, is_online=False)
    evaluator.turn(NOON + MINUTE)
    assert Alert.objects.get().state == "pending"
    assert evaluator.due() == NOON + 10 * MINUTE
    for minute in range(2, 80):
        evaluator.turn(NOON + minute * MINUTE)
    back = NOON + 80 * MINUTE
    Status.objects.filter(pk=status.pk).update(
        is_online=True, presence_since=back, last_heard_at=back, touched_at=back
    )
    evaluator.turn(back)
    evaluator.turn(back + MINUTE)
    alert = Alert.objects.get()
    assert (alert.state, alert.culprit) == ("resolved", "pvp-63003-1")
    assert told() == [("fired", ["it"]), ("escalated", ["boss"]), ("resolved", ["it", "boss"])]


def test_a_device_of_a_dark_kiosk_is_no_alert() -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, NOON, is_online=False)
    fleets.device(kiosk, "camera", NOON, Health.FAILED, "black")
    evaluator = Evaluator("Europe/Paris")
    for minute in range(30):
        evaluator.turn(NOON + minute * MINUTE)
    assert [alert.rule for alert in Alert.objects.all()] == ["offline"]


def test_a_device_fires_and_clears() -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, NOON, reported_at=NOON)
    fleets.device(kiosk, "camera", NOON, Health.FAILED, "black")
    evaluator = Evaluator("Europe/Paris")
    evaluator.turn(NOON)
    evaluator.turn(NOON + 5 * MINUTE)
    assert told() == [("fired", ["it"])]
    later = NOON + 10 * MINUTE
    Device.objects.update(health="ok", reasons=[])
    Status.objects.update(last_heard_at=later, touched_at=later, reported_at=later)
    evaluator.turn(later)
    evaluator.turn(later + MINUTE)
    assert Alert.objects.get().state == "resolved"


def test_a_turn_in_which_nothing_happened_asks_twice_and_writes_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    evaluator = Evaluator("Europe/Paris")
    for number in range(5):
        fleets.status(fleets.kiosk(f"k{number}"), NOON, reported_at=NOON)
    evaluator.turn(NOON + MINUTE)
    with django_assert_num_queries(2):
        assert evaluator.turn(NOON + 2 * MINUTE) == 0


def test_a_turn_reads_only_what_was_touched(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    evaluator = Evaluator("Europe/Paris")
    kiosks = [fleets.kiosk(f"k{number}") for number in range(20)]
    for kiosk in kiosks:
        fleets.status(kiosk, NOON, reported_at=NOON)
        fleets.device(kiosk, "camera", NOON)
    evaluator.turn(NOON + 2 * MINUTE)
    later = NOON + 5 * MINUTE
    Device.objects.filter(kiosk="k3").update(health="failed", reasons=["black"])
    Status.objects.filter(pk="k3").update(last_heard_at=later, touched_at=later)
    with django_assert_num_queries(9):  # what is new, its two rows, and the pending alert
        assert evaluator.turn(later) == 1


def test_another_evaluator_takes_up_what_one_began() -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, NOON, reported_at=NOON)
    fleets.device(kiosk, "camera", NOON, Health.FAILED, "black")
    Evaluator("Europe/Paris").turn(NOON)
    for minute in range(1, 90):
        Evaluator("Europe/Paris").turn(NOON + minute * MINUTE)
    assert told() == [("fired", ["it"]), ("escalated", ["boss"])]


def test_two_workers_by_mistake_tell_everything_once() -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, NOON, reported_at=NOON)
    fleets.device(kiosk, "camera", NOON, Health.FAILED, "black")
    pair = Evaluator("Europe/Paris"), Evaluator("Europe/Paris")
    for minute in range(90):
        for one in pair:
            one.turn(NOON + minute * MINUTE)
    assert Alert.objects.count() == 1
    assert told() == [("fired", ["it"]), ("escalated", ["boss"])]


def test_an_acknowledgement_reaches_the_next_turn() -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, NOON, reported_at=NOON)
    fleets.device(kiosk, "camera", NOON, Health.FAILED, "black")
    evaluator = Evaluator("Europe/Paris")
    evaluator.turn(NOON)
    evaluator.turn(NOON + 5 * MINUTE)
    services.acknowledge(Alert.objects.get().pk, note="", user=None, actor="marie")
    for minute in range(6, 90):
        evaluator.turn(NOON + minute * MINUTE)
    assert told() == [("fired", ["it"])]
    assert Alert.objects.get().acknowledged_by == "marie"


def test_a_wider_cause_has_its_members_and_its_policy_in_the_tables() -> None:
    for number in range(4):
        place = fleets.site(f"s{number}", provider="Orange")
        kiosk = fleets.kiosk(f"k{number}", site=place)
        fleets.status(kiosk, NOON, is_online=False)
    evaluator = Evaluator("Europe/Paris")
    evaluator.turn(NOON)
    evaluator.turn(NOON + 10 * MINUTE)
    wide = Alert.objects.get(cause="provider")
    assert sorted(wide.members.values_list("kiosk_id", flat=True)) == ["k0", "k1", "k2", "k3"]
    assert wide.policy["rule"]["for_s"] == 600
    assert {one.state for one in Alert.objects.exclude(pk=wide.pk)} == {"dropped"}
    Status.objects.filter(pk="k0").update(
        is_online=True, presence_since=NOON + 20 * MINUTE, touched_at=NOON + 20 * MINUTE
    )
    Evaluator("Europe/Paris").turn(NOON + 20 * MINUTE)
    assert wide.members.get(kiosk="k0").left_at == NOON + 20 * MINUTE


def test_devices_of_a_dark_kiosk_are_hidden_by_its_alert() -> None:
    kiosk = fleets.kiosk()
    status = fleets.status(kiosk, NOON, reported_at=NOON)
    fleets.device(kiosk, "camera", NOON, Health.FAILED, "black")
    evaluator = Evaluator("Europe/Paris")
    evaluator.turn(NOON)
    evaluator.turn(NOON + 5 * MINUTE)
    gone = NOON + 6 * MINUTE
    Status.objects.filter(pk=status.pk).update(
        is_online=False, presence_since=gone, touched_at=gone
    )
    evaluator.turn(gone)
    evaluator.turn(gone + 10 * MINUTE)
    camera, dark = Alert.objects.get(rule="failed"), Alert.objects.get(rule="offline")
    assert camera.hidden_by == dark


@pytest.mark.django_db(transaction=True)  # foreign keys are checked at its end
def test_a_kiosk_deleted_meanwhile_stops_no_turn() -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, NOON, is_online=False)
    evaluator = Evaluator("Europe/Paris")
    evaluator.turn(NOON)
    kiosk.delete()
    evaluator.turn(NOON + 10 * MINUTE)
    evaluator.forget()
    assert evaluator.turn(NOON + 11 * MINUTE) == 0
    assert not Alert.objects.exists()


def test_what_was_over_long_ago_is_forgotten() -> None:
    kiosk = fleets.kiosk()
    fleets.status(kiosk, NOON, is_online=False)
    evaluator = Evaluator("Europe/Paris")
    evaluator.turn(NOON)
    Alert.objects.update(state="dropped")
    later = NOON + timedelta(days=6)
    assert not retention.forget(later, 400)
    assert Alert.objects.exists()
    retention.forget(later + timedelta(days=2), 400)
    assert not Alert.objects.exists()
