"""Who may come to be trusted, by the API, and what the audit keeps of it."""

import json

import pytest
from django.conf import settings
from django.test import Client

from controller.accounts.models import AuditEntry
from controller.enrolment.authority import Authority
from tests import fleets

pytestmark = pytest.mark.django_db


def test_a_right_to_enrol_is_in_the_audit_with_who_made_it_and_from_where(
    administrator: Client,
) -> None:
    Authority(settings.VIGIE.home / "pki").create()
    kiosk = fleets.kiosk()
    answer = administrator.post(
        f"/api/kiosks/{kiosk.pk}/enrolment-token", json.dumps({}), "application/json"
    )
    assert answer.status_code == 201
    entry = AuditEntry.objects.get(action="enrolment.token")
    assert (entry.actor, entry.address) == ("administrator", "127.0.0.1")
