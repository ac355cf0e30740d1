"""A certificate that is about to end is said until it is renewed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from controller.alerts.models import Condition
from controller.enrolment.expiry import LATE, notice
from controller.enrolment.models import Certificate
from tests import fleets

pytestmark = pytest.mark.django_db


def test_a_certificate_that_ends_soon_is_said_until_there_is_a_newer_one() -> None:
    now = timezone.now()
    kiosk = fleets.kiosk()

    def certificate(serial: str, lasts: timedelta) -> None:
        Certificate.objects.create(
            kiosk=kiosk, serial=serial, fingerprint="f", public_key="k", issued_at=now,
            expires_at=now + lasts,
        )  # fmt: skip

    certificate("01", LATE)
    notice(now)
    assert not Condition.objects.exists()
    notice(now + timedelta(seconds=1))
    assert Condition.objects.get().subject == kiosk.pk
    certificate("02", timedelta(days=365))
    notice(now + timedelta(seconds=2))
    assert not Condition.objects.exists()
