"""Turns on the database: what kiosks said becomes alerts, once, whatever happens in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from contract.health import Health
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
