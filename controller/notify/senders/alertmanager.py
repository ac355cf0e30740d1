"""Alerts as they are to Prometheus's Alertmanager, API v2, which groups and routes by itself.

It forgets an alert that is not told again before its `endsAt`, so open ones are told again in time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from controller.errors import Refused
from controller.notify.letters import Letter, Subject, Way
from controller.notify.senders import Field, checked, is_url
from controller.notify.senders.http import post

#: How long it believes us; told again in a third of that.
HOLDS = timedelta(minutes=15)
AGAIN = HOLDS / 3
_FIELDS = (Field("url", "", is_url, "an address such as http://alertmanager.example.org:9093"),)


def check(settings: Mapping[str, Any], *, has_secret: bool) -> dict[str, Any]:
    """See Sender."""
    return checked(settings, _FIELDS)


def check_address(address: str) -> None:
    """See Sender."""
    if address:
        raise Refused(f"address is {address[:100]!r}, must be empty: the channel's URL says it all")


def send(way: Way, letter: Letter) -> str:
    """See Sender. A letter without alerts, such as a test, is an alert that ends at once."""
    subjects = letter.subjects
    alerts = [_alert(subject, letter.at) for subject in subjects] or [_trial(letter)]
    headers = {"Authorization": f"Bearer {way.secret}"} if way.secret else {}
    url = way.settings["url"].rstrip("/") + "/api/v2/alerts"
    return post(url, msgspec.json.encode(alerts), headers)


def _alert(subject: Subject, at: datetime) -> dict[str, Any]:
    # By its labels an alert is known again: nothing that depends on the reader's language.
    labels = {
        "alertname": subject.rule,
        "severity": subject.severity,
        "kiosk": subject.kiosk,
        "device": subject.device,
        "department": subject.department,
        "vigie_alert": str(subject.id),
    }
    return {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {
            "summary": subject.title,
            "description": subject.summary,
            "place": subject.place,
        },
        "startsAt": subject.began_at.isoformat(),
        "endsAt": (subject.ended_at or at + HOLDS).isoformat(),
        "generatorURL": subject.url,
    }


def _trial(letter: Letter) -> dict[str, Any]:
    return {
        "labels": {"alertname": f"vigie-{letter.kind}", "severity": "info"},
        "annotations": {"summary": letter.title, "description": letter.text},
        "startsAt": letter.at.isoformat(),
        "endsAt": (letter.at + timedelta(minutes=1)).isoformat(),
    }
