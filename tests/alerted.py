"""Builders of alerts as they stand in the database, for whoever shows them."""

from datetime import datetime, timedelta
from typing import Any

from controller.alerts.models import Alert, AlertEvent
from controller.alerts.services import ensure_builtin
from controller.fleet.models import Kiosk

RULE = "printer-paper"
TITLE = "Imprimante : plus de papier"
STEPS = [{"after_s": 0, "contacts": ["support"]}, {"after_s": 1800, "contacts": ["oncall"]}]


def alert(kiosk: Kiosk | None, at: datetime, **changes: Any) -> Alert:
    """A printer out of paper that fired a minute after `at`, unless told otherwise."""
    ensure_builtin()
    culprit = f"{kiosk.pk}/printer" if kiosk else "everything"
    values: dict[str, Any] = {
        "fingerprint": f"{RULE}|device|{culprit}",
        "rule": RULE,
        "severity": "warning",
        "cause": "device",
        "culprit": culprit,
        "kiosk": kiosk,
        "device": "printer",
        "kind": "printer",
        "reasons": ["media-empty"],
        "policy": {"steps": STEPS},
        "state": "firing",
        "since": at,
        "fired_at": at + timedelta(minutes=1),
        "step": 1,
    }
    made = Alert.objects.create(**values | changes)
    AlertEvent.objects.create(alert=made, at=at, name="pending")
    AlertEvent.objects.create(alert=made, at=at + timedelta(minutes=1), name="fired")
    return made
