"""What PC/SC says of card readers, and what is made of it."""

import pytest

from agent.probes.card_reader import Listing, Settings, judge
from contract.health import Health

GEMALTO = "Gemalto PC Twin Reader 00 00"


def test_a_reader_that_pcsc_lists_is_ok_by_its_name() -> None:
    finding = judge(Listing((GEMALTO,)), Settings(), is_plugless=False)
    assert (finding.health, finding.facts) == (Health.OK, {"pcsc_name": GEMALTO})


def test_a_reader_plugged_in_that_pcsc_does_not_list_has_no_driver() -> None:
    other = Settings(reader="Cherry")
    for listing, told in ((Listing(), Settings()), (Listing((GEMALTO,)), other)):
        finding = judge(listing, told, is_plugless=False)
        assert (finding.health, finding.reasons) == (Health.FAILED, ("no-driver",))


@pytest.mark.parametrize(
    ("error", "health", "reason"),
    [
        ("no-service", Health.FAILED, "pcscd-down"),
        ("no-library", Health.UNKNOWN, "not-measured"),
        ("denied", Health.UNKNOWN, "access-denied"),
        ("timed-out", Health.UNKNOWN, "timed-out"),
        ("0x80100001", Health.UNKNOWN, "not-measured"),
    ],
)
def test_only_a_service_that_is_not_there_is_a_failure(
    error: str, health: Health, reason: str
) -> None:
    finding = judge(Listing(error=error), Settings(), is_plugless=False)
    assert (finding.health, finding.reasons) == (health, (reason,))
