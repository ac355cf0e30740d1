"""The audit is only ever added to: the database itself refuses the rest."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from controller.accounts import services
from controller.accounts.models import AuditEntry, Forgetting
from controller.accounts.roles import Role

pytestmark = pytest.mark.django_db
REFUSED = "the audit is append-only"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def entry(at: datetime, **more: object) -> AuditEntry:
    return AuditEntry.objects.create(at=at, actor="marie", action="login", subject="marie", **more)


@pytest.mark.parametrize(
    "change",
    [
        {"at": timezone.now() + timedelta(days=1)},
        {"actor": "paul"},
        {"action": "logout"},
        {"subject": "paul"},
        {"why": "because"},
        {"address": "192.0.2.1"},
        {"details": {"a": 1}},
    ],
    ids=lambda change: str(next(iter(change))),
)
def test_no_column_of_an_entry_is_changed(now: datetime, change: dict[str, object]) -> None:
    entry(now)
    before = list(AuditEntry.objects.values())
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        AuditEntry.objects.update(**change)
    assert list(AuditEntry.objects.values()) == before


def test_an_entry_is_not_given_to_somebody_else(now: datetime) -> None:
    marie = services.create_user(
        name="marie", password="vaste-plateau-42", role=Role.VIEWER, by="cli:root"
    )
    entry(now)
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        AuditEntry.objects.filter(action="login").update(user=marie)


def test_no_entry_is_deleted(now: datetime) -> None:
    entry(now - timedelta(days=9999))
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 1


def test_retention_takes_what_is_old_alone_and_says_so(now: datetime) -> None:
    entry(now - timedelta(days=366))
    young = entry(now - timedelta(days=364))
    assert services.forget(now - timedelta(days=365)) == 1
    said = AuditEntry.objects.get(action="audit.forget")
    assert said.details["entries"] == 1
    assert set(AuditEntry.objects.all()) == {young, said}
    assert not Forgetting.objects.exists()


def test_retention_that_finds_nothing_says_nothing(now: datetime) -> None:
    entry(now)
    assert services.forget(now - timedelta(days=365)) == 0
    assert AuditEntry.objects.count() == 1


def test_while_retention_runs_the_young_stay_too(now: datetime) -> None:
    entry(now)
    Forgetting.objects.create(before=now - timedelta(days=365))
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_the_name_in_an_entry_outlives_the_account(now: datetime) -> None:
    marie = services.create_user(
        name="marie", password="vaste-plateau-42", role=Role.VIEWER, by="cli:root"
    )
    kept = entry(now, user=marie)
    marie.delete()
    kept.refresh_from_db()
    assert (kept.user, kept.actor) == (None, "marie")
