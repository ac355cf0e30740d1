"""An alert that somebody is to be told of, and ways to reach them."""

from datetime import UTC, datetime, time

import pytest

from controller.alerts.models import Alert, AlertEvent
from controller.fleet.models import Kiosk
from controller.notify.models import Address, Channel, Contact
from tests import fleets

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # 12:00 in Auvergne
RULE = {
    "title": {"fr": "Imprimante en panne", "en": "Printer failed"},
    "runbook": {"technician": {"fr": "Ouvrez le capot.", "en": "Open the cover."}},
}


@pytest.fixture
def kiosk(db: None) -> Kiosk:
    return fleets.kiosk()


def channel(key: str = "mail", **changes: object) -> Channel:
    values: dict[str, object] = {"title": key, "kind": "smtp", "settings": {}}
    return Channel.objects.create(key=key, **values | changes)


def contact(
    key: str = "marie", channels: tuple[str, ...] = ("mail",), **changes: object
) -> Contact:
    values: dict[str, object] = {"name": key.title()}
    made = Contact.objects.create(key=key, **values | changes)
    for name in channels:
        Address.objects.create(contact=made, channel_id=name, address=f"{key}@example.org")
    return made


def alert(kiosk: Kiosk | None, device: str = "printer", **changes: object) -> Alert:
    values: dict[str, object] = {
        "fingerprint": f"printer-failed:{device}",
        "rule": "printer-failed",
        "severity": "warning",
        "cause": "device",
        "culprit": "pvp-63003-1",
        "kiosk": kiosk,
        "device": device,
        "kind": "printer",
        "reasons": ["media-jam"],
        "policy": {"rule": RULE, "steps": [{"after_s": 0, "contacts": ["marie", "paul"]}]},
        "state": "firing",
        "since": NOON,
        "fired_at": NOON,
        "step": 1,
    }
    return Alert.objects.create(**values | changes)


def event(
    of: Alert, name: str = "fired", at: datetime = NOON, tells: tuple[str, ...] = ("marie",)
) -> AlertEvent:
    return AlertEvent.objects.create(
        alert=of, at=at, name=name, tells=list(tells), is_untold=bool(tells)
    )


SEVEN = time(7, 0)
