"""A kiosk revoked while it renews, on PostgreSQL: no certificate outlives the revocation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.peer.postgres import Postgres, toml
from tests.peer.region import Region, make_request, wait_until

KIOSK = "pvp-63003-1"
_RENEW = """
import ssl, sys, django
django.setup()
from datetime import UTC, datetime
from controller.enrolment import renewal
shown = ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read())
print(renewal.renew(shown, sys.argv[2], now=datetime.now(UTC)).kiosk, end="")
"""
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
_LIVE = "SELECT count(*) FROM enrolment_certificate WHERE revoked_at IS NULL"
_GIVEN = "SELECT count(*) FROM enrolment_certificate"


@pytest.fixture
def region(tmp_path: Path, postgres: Postgres) -> Iterator[Region]:
    with Region(tmp_path, toml(postgres)) as made:
        yield made


def test_a_certificate_given_at_that_moment_is_revoked_too(
    region: Region, postgres: Postgres, tmp_path: Path
) -> None:
    papers = region.enrol(KIOSK)[KIOSK]
    csr = make_request(tmp_path / "next.key")
    with (
        ThreadPoolExecutor(2) as pool,
        psycopg.connect(postgres.url) as gate,
        psycopg.connect(postgres.url, autocommit=True) as watcher,
    ):

        def waiting(number: int) -> bool:
            return watcher.execute(_WAITING).fetchall() == [(number,)]

        # The renewal is held up in its transaction, the certificate given and not yet committed.
        gate.execute("LOCK TABLE accounts_auditentry IN EXCLUSIVE MODE")
        renewed = pool.submit(region.python, _RENEW, str(papers.certificate), csr)
        wait_until(lambda: waiting(1), "the renewal at the gate")
        revoked = pool.submit(region.vigie, "revoke", KIOSK, "--why", "stolen")
        wait_until(lambda: waiting(2), "the revocation behind it")
        gate.commit()
        assert renewed.result() == KIOSK
        revoked.result()
        assert watcher.execute(_GIVEN).fetchall() == [(2,)]
        assert watcher.execute(_LIVE).fetchall() == [(0,)]
