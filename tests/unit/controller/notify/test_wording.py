"""What messages say."""

from datetime import timedelta

import pytest

from controller.notify.models import Notification
from controller.notify.plan import WAIT, plan
from tests import fleets
from tests.unit.controller.notify.conftest import NOON, alert, channel, contact, event

pytestmark = pytest.mark.django_db


def test_a_site_is_told_by_its_name_and_not_by_its_code() -> None:
    channel()
    contact()
    members = [fleets.kiosk(f"pvp-63003-{number}") for number in (1, 2)]
    site = members[0].site
    wide = alert(None, "", cause="site", culprit=site.code, fingerprint="offline:s")
    for member in members:
        wide.members.create(kiosk=member, joined_at=NOON - timedelta(minutes=1))
    event(wide)
    plan(NOON + WAIT)
    note = Notification.objects.get()
    assert f"{site.name}, {site.commune} ({site.department})" in note.title
    assert site.code not in note.title


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Appareils\u00a0: Imprimante\nRaisons\u00a0: bourrage de papier"),
        ("en", "Devices: Printer\nReasons: paper jam"),
    ],
)
def test_devices_and_reasons_are_told_in_the_readers_words(language: str, words: str) -> None:
    channel()
    contact(language=language)
    event(alert(fleets.kiosk()))
    plan(NOON + WAIT)
    assert words in Notification.objects.get().text


def test_a_device_whose_name_says_more_than_its_kind_keeps_it() -> None:
    channel()
    contact(language="en")
    event(alert(fleets.kiosk(), "printer-2"))
    plan(NOON + WAIT)
    assert "Devices: Printer (printer-2)" in Notification.objects.get().text


def test_why_a_kiosk_is_away_is_told_in_words() -> None:
    channel()
    contact(language="en")
    event(alert(fleets.kiosk(), "", kind="", reasons=["lost"]))
    plan(NOON + WAIT)
    assert "Reasons: the connection was lost" in Notification.objects.get().text


def test_a_message_shows_none_of_the_marks_of_a_runbook() -> None:
    channel()
    contact(language="en")
    made = alert(fleets.kiosk())
    made.policy["rule"] = {"runbook": {"technician": {"en": "`no-carrier`: cable or switch."}}}
    made.save()
    event(made)
    plan(NOON + WAIT)
    assert "\nno-carrier: cable or switch.\n" in Notification.objects.get().text
