"""Who may be given a token, and who is kept off the broker."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from controller.accounts.models import AuditEntry
from controller.enrolment import enforcement, selectors, services
from controller.enrolment.authority import Authority
from controller.enrolment.models import Certificate, EnrolmentToken
from controller.errors import NotFound, Refused
from controller.fleet.models import Kiosk, Lifecycle
from tests import fleets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def authority() -> None:
    Authority(settings.VIGIE.home / "pki").create()


def certificate(of: Kiosk, serial: str, revoked_at: datetime | None = None) -> Certificate:
    now = timezone.now()
    return Certificate.objects.create(
        kiosk=of,
        serial=serial,
        fingerprint=serial,
        public_key=serial,
        issued_at=now,
        expires_at=now + timedelta(days=1),
        revoked_at=revoked_at,
    )


def test_a_retired_kiosk_gets_no_token() -> None:
    kiosk = fleets.kiosk(lifecycle=Lifecycle.RETIRED)
    with pytest.raises(Refused, match="is retired: put it back in service first"):
        services.make_token(kiosk)


def test_a_name_of_the_controllers_own_gets_no_token() -> None:
    with pytest.raises(Refused, match="vigie-ingest has a reserved name"):
        services.make_token(fleets.kiosk("vigie-ingest"))


def test_one_token_a_kiosk_is_open_at_a_time_and_each_is_in_the_audit() -> None:
    kiosk = fleets.kiosk()
    services.make_token(kiosk, actor="cli:marie")
    services.make_token(kiosk, actor="cli:marie")
    assert EnrolmentToken.objects.filter(kiosk=kiosk, used_at=None).count() == 1
    assert [entry.actor for entry in AuditEntry.objects.filter(action="enrolment.token")] == [
        "cli:marie",
        "cli:marie",
    ]


def test_the_audit_and_the_database_do_not_hold_the_token() -> None:
    secret = services.make_token(fleets.kiosk()).split(".")[1]
    kept = [*EnrolmentToken.objects.values_list(), *AuditEntry.objects.values_list()]
    assert len(kept) == 2
    assert secret not in repr(kept)


def test_denied_is_who_had_certificates_and_has_none_left() -> None:
    now = timezone.now()
    certificate(fleets.kiosk("pvp-revoked"), "1", revoked_at=now)
    renewed = fleets.kiosk("pvp-renewed")
    certificate(renewed, "2", revoked_at=now)
    certificate(renewed, "3")
    certificate(fleets.kiosk("pvp-fine"), "4")
    fleets.kiosk("pvp-never")
    assert enforcement.denied() == ["pvp-revoked"]


def test_all_means_who_serves_and_has_no_certificate_in_force() -> None:
    certificate(fleets.kiosk("pvp-has"), "1")
    certificate(fleets.kiosk("pvp-lost"), "2", revoked_at=timezone.now())
    fleets.kiosk("pvp-new")
    fleets.kiosk("pvp-retired", lifecycle=Lifecycle.RETIRED)
    assert [kiosk.id for kiosk in selectors.without_certificate()] == ["pvp-lost", "pvp-new"]


def test_the_first_unknown_kiosk_is_named() -> None:
    fleets.kiosk("pvp-1")
    with pytest.raises(NotFound, match="no kiosk 'pvp-2'"):
        selectors.kiosks(["pvp-1", "pvp-2", "pvp-3"])
