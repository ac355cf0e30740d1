"""When a certificate ends: ours against the library that the controller signs with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from agent import expiry
from agent.expiry import Validity
from agent.foresight import AHEAD_DAYS, is_due
from tests.peer.authority import Authority

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("year", [2026, 2049, 2050, 2120])
def test_it_ends_when_another_reader_says(tmp_path: Path, year: int) -> None:
    end = datetime(year, 12, 24, 17, 30, 5, tzinfo=UTC)
    path = Authority(tmp_path).issue("pvp-1", end=end).certificate
    theirs = x509.load_pem_x509_certificate(path.read_bytes())
    assert expiry.read(path) == Validity(theirs.not_valid_before_utc, theirs.not_valid_after_utc)


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nMAA=\n", "no certificate"])
def test_what_is_no_certificate_has_no_end(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kiosk.pem"
    path.write_text(text)
    assert expiry.read(path) is None


def test_an_absent_one_has_none(tmp_path: Path) -> None:
    assert expiry.read(tmp_path / "kiosk.pem") is None


@pytest.mark.parametrize(
    ("days", "drawn", "due"),
    [
        (AHEAD_DAYS + 1, 0.0, False),
        (AHEAD_DAYS - 1, 0.0, True),
        (AHEAD_DAYS - 1, 0.5, False),
        (1, 0.99, True),
        (-1, 0.0, False),
    ],
)
def test_it_is_renewed_a_month_ahead_in_an_hour_by_chance(
    days: int, drawn: float, due: bool
) -> None:
    ends = NOW + timedelta(days=days, hours=1)
    assert is_due(Validity(NOW - timedelta(days=300), ends), NOW, drawn) is due
