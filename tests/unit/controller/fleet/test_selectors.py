"""What the pages read: the right kiosks, in the right order, in few queries."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contract.health import Health
from controller.errors import NotFound
from controller.fleet import selectors
from controller.fleet.models import Kiosk, KioskKind, Lifecycle
from controller.fleet.selectors import PAGE_ROWS, Count, Filters
from controller.fleet.standing import Standing
from controller.fleet.visits import Visit
from tests import fleets

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def kiosk(name: str, at: datetime, readiness: str = "ready", **more: object) -> Kiosk:
    made = fleets.kiosk(name, **more)
    fleets.status(made, at, readiness=readiness)
    return made


def broken(name: str, at: datetime, **more: object) -> Kiosk:
    made = fleets.kiosk(name, **more)
    fleets.status(made, at, readiness="not-ready", because=["printer"])
    fleets.device(made, "printer", at - timedelta(hours=3), Health.FAILED, "media-empty")
    fleets.device(made, "camera", at)
    return made


def test_those_who_need_a_hand_come_first_with_what_is_wrong_and_since_when(now: datetime) -> None:
    kiosk("fine", now)
    broken("broken", now)
    view = selectors.fleet(Filters(), now)
    (row,) = view.needing_hand
    assert (row.kiosk.pk, row.standing) == ("broken", Standing.NOT_READY)
    assert [device.device for device in row.devices] == ["printer"]
    assert row.since == now - timedelta(hours=3)
    assert [other.kiosk.pk for other in view.others] == ["fine"]


def test_counts_leave_out_what_is_not_in_service(now: datetime) -> None:
    kiosk("fine", now)
    broken("broken", now)
    kiosk("bench", now, lifecycle=Lifecycle.MAINTENANCE)
    kiosk("gone", now, lifecycle=Lifecycle.RETIRED)
    kiosk("desk", now, kind=KioskKind.EXPERT)
    view = selectors.fleet(Filters(), now)
    assert view.all == Count(can_receive=2, total=3)
    assert view.by_kind == {"pvp": Count(1, 2), "expert": Count(1, 1)}
    assert view.total == 4


def test_a_required_device_never_spoken_of_is_named(now: datetime) -> None:
    made = fleets.kiosk("half")
    fleets.status(made, now, readiness="unknown", because=["camera"])
    (row,) = selectors.fleet(Filters(), now).needing_hand
    assert (row.devices, row.unmeasured) == ((), ("camera",))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(department="03"), {"exp-03310-1"}),
        (Filters(kind="pvp"), {"pvp-63003-1", "pvp-63338-1"}),
        (Filters(standing="not-ready"), {"pvp-63338-1"}),
        (Filters(text="saint eloy"), {"pvp-63338-1"}),
        (Filters(text="SAINT-ÉLOY"), {"pvp-63338-1"}),
        (Filters(text="63003-1"), {"pvp-63003-1"}),
        (Filters(text="03310"), {"exp-03310-1"}),
        (Filters(text="nowhere"), set()),
        (Filters(department="63", text="ambert"), {"pvp-63003-1"}),
    ],
)
def test_filters_keep_what_they_say(now: datetime, filters: Filters, expected: set[str]) -> None:
    eloy = fleets.site("eloy", commune="Saint-Éloy-les-Mines", name="Mairie", insee="63338")
    vichy = fleets.site("vichy", commune="Vichy", name="CAF", insee="03310", department="03")
    kiosk("pvp-63003-1", now)
    broken("pvp-63338-1", now, site=eloy)
    kiosk("exp-03310-1", now, kind=KioskKind.EXPERT, site=vichy)
    view = selectors.fleet(filters, now)
    assert {row.kiosk.pk for row in (*view.needing_hand, *view.others)} == expected


def test_a_filter_by_state_leaves_the_counts_of_the_other_states(now: datetime) -> None:
    kiosk("fine", now)
    broken("broken", now)
    view = selectors.fleet(Filters(standing="ready"), now)
    assert view.by_standing == {Standing.READY: 1, Standing.NOT_READY: 1}


def test_the_fleet_page_asks_three_times_whatever_the_size(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(120):
        kiosk(f"fine-{number}", now)
        broken(f"broken-{number}", now)
    with django_assert_num_queries(3):
        view = selectors.fleet(Filters(), now)
    assert len(view.needing_hand) == 120


def test_pages_hold_so_many_rows_and_a_page_too_far_is_the_last(now: datetime) -> None:
    for number in range(PAGE_ROWS + 1):
        kiosk(f"fine-{number}", now)
    view = selectors.fleet(Filters(page=99), now)
    assert (view.page_count, len(view.others)) == (2, 1)


def test_one_kiosk_shows_its_devices_worst_first(now: datetime) -> None:
    broken("broken", now)
    view = selectors.kiosk("broken", now)
    assert [device.device for device in view.devices] == ["printer", "camera"]
    assert view.is_current


def test_what_an_offline_kiosk_said_is_not_current(now: datetime) -> None:
    fleets.status(fleets.kiosk("dark"), now, is_online=False)
    assert not selectors.kiosk("dark", now).is_current


def test_a_kiosk_that_is_not_there_is_said_so(now: datetime) -> None:
    with pytest.raises(NotFound, match="there is no kiosk 'nowhere'"):
        selectors.kiosk("nowhere", now)


def test_the_kiosk_page_asks_a_constant_number_of_times(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = broken("broken", now)
    for number in range(30):
        fleets.device(made, f"part-{number}", now)
    with django_assert_num_queries(6):
        selectors.kiosk("broken", now)


def in_session(of: Kiosk, now: datetime) -> None:
    facts = {"in_session": True, "began_at": (now - timedelta(minutes=4)).isoformat()}
    fleets.device(of, "session", now, facts=facts)


def test_a_citizen_at_a_kiosk_is_seen_in_the_list_and_on_its_page(now: datetime) -> None:
    in_session(kiosk("busy", now), now)
    in_session(broken("broken", now), now)
    kiosk("free", now)
    view = selectors.fleet(Filters(), now)
    visits = {row.kiosk.pk: row.visit for row in (*view.needing_hand, *view.others)}
    since = now - timedelta(minutes=4)
    assert visits == {"busy": Visit(since), "broken": Visit(since), "free": None}
    assert selectors.kiosk("busy", now).row.visit == Visit(since)


def test_nobody_knows_who_is_at_a_kiosk_that_is_offline(now: datetime) -> None:
    made = fleets.kiosk("dark")
    fleets.status(made, now, is_online=False)
    in_session(made, now)
    assert selectors.kiosk("dark", now).row.visit is None


def test_a_clock_that_is_not_trusted_does_not_date_a_visit(now: datetime) -> None:
    made = fleets.kiosk("clockless")
    fleets.status(made, now, clock_trusted=False)
    in_session(made, now)
    assert selectors.kiosk("clockless", now).row.visit == Visit(None)


def test_what_was_touched_is_told_from_what_was_not(now: datetime) -> None:
    kiosk("before", now - timedelta(minutes=1))
    kiosk("after", now)
    assert set(selectors.touched_since(now - timedelta(seconds=1))) == {"after"}
    assert selectors.latest_touch() == now
