"""PostgreSQL too keeps the audit from being changed, whoever asks."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.peer.postgres import Postgres, toml
from tests.peer.region import Region

_FILL = """
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from controller.accounts.models import AuditEntry
for days in (400, 1):
    at = timezone.now() - timedelta(days=days)
    AuditEntry.objects.create(at=at, actor="marie", action="trial", subject=f"{days} days")
"""
_FORGET = """
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from controller.accounts import services
print(services.forget(timezone.now() - timedelta(days=365)), end="")
"""
_SUBJECTS = "SELECT subject FROM accounts_auditentry WHERE action = 'trial' ORDER BY at"


@pytest.fixture
def region(tmp_path: Path, postgres: Postgres) -> Iterator[Region]:
    with Region(tmp_path, toml(postgres)) as made:
        made.vigie("init")
        made.python(_FILL)
        yield made


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET why = 'another'",
        "UPDATE accounts_auditentry SET user_id = NULL, actor = 'paul'",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry",
    ],
)
def test_nothing_is_changed_or_taken_away(postgres: Postgres, statement: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as database:
        with pytest.raises(psycopg.IntegrityError, match="the audit is append-only"):
            database.execute(statement)
        assert database.execute(_SUBJECTS).fetchall() == [("400 days",), ("1 days",)]


def test_retention_takes_what_is_old(region: Region, postgres: Postgres) -> None:
    assert region.python(_FORGET) == "1"
    with psycopg.connect(postgres.url) as database:
        assert database.execute(_SUBJECTS).fetchall() == [("1 days",)]
