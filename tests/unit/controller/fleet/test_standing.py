"""Where a kiosk stands: only what is known now counts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from contract.health import Readiness
from controller.fleet.models import Kiosk, Lifecycle, Site, Status
from controller.fleet.standing import SILENT_AFTER, Standing, standing

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # a Tuesday, noon in Paris


def stand(
    *,
    is_online: bool = True,
    readiness: Readiness = Readiness.READY,
    heard_before: timedelta = timedelta(minutes=5),
    hours: str = "",
    lifecycle: Lifecycle = Lifecycle.ACTIVE,
) -> Standing:
    kiosk = Kiosk(id="pvp-63003-1", lifecycle=lifecycle, site=Site(opening_hours=hours))
    status = Status(is_online=is_online, readiness=readiness, last_heard_at=NOON - heard_before)
    return standing(kiosk, status, NOON, timezone.localtime(NOON))


@pytest.mark.parametrize(
    ("readiness", "expected"),
    [
        (Readiness.READY, Standing.READY),
        (Readiness.DEGRADED, Standing.DEGRADED),
        (Readiness.NOT_READY, Standing.NOT_READY),
        (Readiness.UNKNOWN, Standing.UNKNOWN),
    ],
)
def test_an_online_kiosk_stands_as_its_verdict_says(
    readiness: Readiness, expected: Standing
) -> None:
    assert stand(readiness=readiness) is expected


def test_an_offline_kiosk_is_offline_whatever_it_said_last() -> None:
    assert stand(is_online=False, readiness=Readiness.READY) is Standing.OFFLINE


def test_a_kiosk_switched_off_while_its_host_is_closed_needs_no_hand() -> None:
    at_night = stand(is_online=False, hours="Mo-Fr 14:00-17:00")
    assert (at_night, at_night.needs_hand) == (Standing.ASLEEP, False)


def test_a_kiosk_switched_off_while_its_host_is_open_needs_one() -> None:
    assert stand(is_online=False, hours="Mo-Fr 09:00-17:00").needs_hand


def test_hours_that_are_not_understood_hide_no_outage() -> None:
    assert stand(is_online=False, hours="by appointment") is Standing.OFFLINE


def test_a_connected_kiosk_that_says_nothing_any_more_is_not_shown_as_ready() -> None:
    assert stand(heard_before=SILENT_AFTER + timedelta(seconds=1)) is Standing.SILENT


def test_a_kiosk_never_heard_is_silent() -> None:
    kiosk = Kiosk(id="pvp-63003-1", site=Site())
    assert standing(kiosk, None, NOON, timezone.localtime(NOON)) is Standing.SILENT


def test_a_kiosk_in_maintenance_needs_no_hand_however_broken() -> None:
    aside = stand(readiness=Readiness.NOT_READY, lifecycle=Lifecycle.MAINTENANCE)
    assert (aside, aside.needs_hand) == (Standing.ASIDE, False)


def test_the_worst_comes_first() -> None:
    assert sorted(Standing, key=lambda each: each.rank)[:3] == [
        Standing.NOT_READY,
        Standing.OFFLINE,
        Standing.SILENT,
    ]
