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
