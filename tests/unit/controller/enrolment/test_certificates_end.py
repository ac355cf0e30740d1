"""Whose certificate ends soon is told; what was replaced ends after its grace."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from controller.alerts.models import Condition
from controller.enrolment import broker, renewal
from controller.enrolment.authority import Authority
from controller.enrolment.models import Certificate
from controller.errors import VigieError
from controller.fleet.models import Kiosk, Lifecycle
from tests import fleets

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def given(of: Kiosk, serial: str, days: int, replaces: Certificate | None = None) -> Certificate:
    return Certificate.objects.create(
        kiosk=of,
        serial=serial,
        fingerprint=serial,
        public_key=serial,
        issued_at=NOW - timedelta(days=300),
        expires_at=NOW + timedelta(days=days),
        replaces=replaces,
    )


def told() -> list[str]:
    found = Condition.objects.filter(key="certificate-expiring")
    return sorted(found.values_list("subject", flat=True))


def test_a_kiosk_whose_certificate_ends_soon_is_told_of_once() -> None:
    given(fleets.kiosk("pvp-1"), "a1", 13)
    given(fleets.kiosk("pvp-2"), "a2", 200)
    renewal.notice(NOW)
    renewal.notice(NOW)
    assert told() == ["pvp-1"]


def test_one_that_was_renewed_is_told_of_no_more() -> None:
    kiosk = fleets.kiosk("pvp-1")
    old = given(kiosk, "a1", 13)
    renewal.notice(NOW)
    given(kiosk, "a2", 398, replaces=old)
    renewal.notice(NOW)
    assert told() == ["pvp-1"]  # it was given, and nobody has shown it yet
    Certificate.objects.filter(pk=old.pk).update(ends_at=NOW)
    renewal.notice(NOW)
    assert told() == []


def test_a_retired_kiosk_is_not_told_of() -> None:
    given(fleets.kiosk("pvp-1", lifecycle=Lifecycle.RETIRED), "a1", 3)
    renewal.notice(NOW)
    assert told() == []


def test_what_was_replaced_is_on_the_list_after_its_grace() -> None:
    Authority(settings.VIGIE.home / "pki").create()
    kiosk = fleets.kiosk("pvp-1")
    old = given(kiosk, "a1", 13)
    given(kiosk, "a2", 398, replaces=old)
    Certificate.objects.filter(pk=old.pk).update(ends_at=NOW + renewal.GRACE)
    assert renewal.end_replaced(NOW) == 0
    assert renewal.end_replaced(NOW + renewal.GRACE) == 1
    assert renewal.end_replaced(NOW + renewal.GRACE) == 0
    assert broker.files(settings.VIGIE.home).crl.exists()


def test_a_list_that_could_not_be_written_is_written_at_the_next_turn() -> None:
    Authority(settings.VIGIE.home / "pki").create()
    old = given(fleets.kiosk("pvp-1"), "a1", 13)
    Certificate.objects.filter(pk=old.pk).update(ends_at=NOW)
    lock = broker.files(settings.VIGIE.home).folder / "lock"
    lock.unlink(missing_ok=True)
    lock.mkdir(parents=True)
    with pytest.raises(VigieError, match="cannot be written"):
        renewal.end_replaced(NOW)
    lock.rmdir()
    assert renewal.end_replaced(NOW) == 1
