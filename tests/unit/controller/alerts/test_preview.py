"""How often a rule would have fired: the history through the same engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.alerts import services
from controller.alerts.models import Alert
from controller.alerts.preview import fires
from controller.fleet.models import Kiosk, Reading, Resolution, Series, StateChange
from tests import fleets
from tests.alarms import HUB, MINUTE, OFFLINE, SILENT, rule

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def kiosk() -> Kiosk:
    made = fleets.kiosk(site=fleets.site(provider="Orange"))
    fleets.status(made, NOW, presence_since=NOW - 60 * DAY)
    fleets.device(made, "printer", NOW)
    return made


def changed(
    of: Kiosk, at: datetime, before: str, after: str, *reasons: str, device: str = "printer"
) -> None:
    more: dict[str, Any] = {"kind": device or "presence", "reasons": list(reasons)}
    StateChange.objects.create(
        kiosk=of, device=device, before=before, after=after, at=at, received_at=at,
        clock_trusted=True, **more,
    )  # fmt: skip


def test_what_lasted_long_enough_is_counted_and_shown_the_newest_first(kiosk: Kiosk) -> None:
    for days, minutes in ((20, 60), (10, 1), (5, 45), (40, 60)):
        begun = NOW - days * DAY
        changed(kiosk, begun, "ok", "failed", "media-empty")
        changed(kiosk, begun + minutes * MINUTE, "failed", "ok")
    found = fires(rule("paper", when="always"), 30, NOW)
    assert found.count == 2
    assert [one.fired_at for one in found.examples] == [
        NOW - 5 * DAY + 5 * MINUTE,
        NOW - 20 * DAY + 5 * MINUTE,
    ]
    assert found.examples[0].culprit == "pvp-63003-1/printer"
    assert found.examples[0].reasons == ("media-empty",)
    assert found.examples[0].resolved_at == NOW - 5 * DAY + 50 * MINUTE


def test_what_was_so_before_and_still_is_counts_once(kiosk: Kiosk) -> None:
    kiosk.devices.update(health="failed", since=NOW - 50 * DAY)
    assert fires(rule("failed", when="always"), 30, NOW).count == 1


def test_kiosks_that_went_dark_together_count_as_one() -> None:
    for number in range(4):
        made = fleets.kiosk(f"k{number}", site=fleets.site(f"s{number}", provider="Orange"))
        fleets.status(made, NOW)
        changed(made, NOW - 2 * DAY, "online", "offline", "lost", device="")
        changed(made, NOW - 2 * DAY + 90 * MINUTE, "offline", "online", device="")
    fleets.status(fleets.kiosk("other", site=fleets.site("s9", provider="SFR")), NOW)
    fleets.status(fleets.kiosk("another", site=fleets.site("s8", provider="SFR")), NOW)
    found = fires(OFFLINE, 30, NOW)
    assert (found.count, found.examples[0].cause) == (1, "provider")
    assert found.examples[0].kiosks == ("k0", "k1", "k2", "k3")


def test_figures_are_replayed_by_the_hour_and_that_is_said(kiosk: Kiosk) -> None:
    series = Series.objects.create(kiosk=kiosk, device="printer", metric="oldest_job_s")
    for hours, mean in ((10, 5), (9, 900), (8, 900), (7, 5)):
        start = int((NOW - timedelta(hours=hours)).timestamp())
        Reading.objects.create(
            series=series, resolution=Resolution.HOUR, start=start, minimum=mean, mean=mean,
            maximum=mean, count=1,
        )  # fmt: skip
    threshold = {"metric": "oldest_job_s", "above": 600, "clear": 60}
    slow = rule("slow", match={"subject": "metric", "threshold": threshold}, when="always")
    found = fires(slow, 1, NOW)
    assert found.count == 1
    assert len(found.approximations) == 3


@pytest.mark.parametrize("unknowable", [SILENT, HUB])
def test_what_cannot_be_replayed_is_said(unknowable: Any) -> None:
    found = fires(unknowable, 30, NOW)
    assert (found.count, len(found.approximations)) == (0, 1)


def test_a_preview_writes_nothing(kiosk: Kiosk) -> None:
    services.ensure_builtin()
    changed(kiosk, NOW - DAY, "ok", "failed", "media-empty")
    fires(rule("paper", when="always"), 30, NOW)
    assert not Alert.objects.exists()
