"""What kiosks say has happened, and the visits that it tells of: as stored."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from contract.health import DeviceState, FactValue, Health, Readiness, Verdict
from contract.messages import Event, Report, encode
from contract.topics import Channel
from controller.fleet.models import DeviceEvent, Ending, Kiosk, Session
from controller.ingest.arrivals import Heard
from controller.ingest.store import Store
from tests import fleets

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
VISIT = timedelta(minutes=20)
Say = Callable[..., None]


@pytest.fixture
def kiosk() -> Kiosk:
    return fleets.kiosk()


@pytest.fixture
def say(kiosk: Kiosk) -> Say:
    """Commits one batch of reports; each is seq, time and events."""
    store = Store("test", lambda _outcomes, _now: set(), rejected_rows=10)

    def commit(*reports: tuple[int, datetime, Event]) -> None:
        store.commit([_heard(kiosk.pk, *each) for each in reports], (), NOON + timedelta(hours=2))

    return commit


def _heard(kiosk: str, seq: int, at: datetime, *events: Event) -> Heard:
    message = Report(
        epoch=fleets.EPOCH,
        seq=seq,
        at=at,
        clock_trusted=True,
        boot_id="boot",
        is_full=False,
        devices=(DeviceState("session", "session", Health.OK),),
        verdict=Verdict(Readiness.READY),
        events=events,
    )
    return Heard(kiosk, Channel.REPORT, message, encode(message))


def event(name: str, **facts: FactValue) -> Event:
    return Event(name, "session", facts)


def began(seq: int, at: datetime = NOON) -> tuple[int, datetime, Event]:
    return seq, at, event("session-started", at=at.isoformat())


def ended(seq: int, began_at: datetime = NOON, **changes: Any) -> tuple[int, datetime, Event]:
    facts = {"began_at": began_at.isoformat(), "duration_s": VISIT.total_seconds()} | changes
    return seq, began_at + VISIT, event("session-ended", **facts)


def told() -> list[tuple[datetime, datetime | None, float | None, str]]:
    rows = Session.objects.order_by("began_at")
    return [(row.began_at, row.ended_at, row.duration_s, row.ending) for row in rows]


WHOLE = (NOON, NOON + VISIT, 1200.0, Ending.SAID)


def test_an_event_is_stored_once_with_the_report_it_came_in(say: Say) -> None:
    tried = event("recovery-tried", rung="rebind", worked=True)
    say((1, NOON, tried), (1, NOON, tried))
    say((1, NOON, tried))
    stored = DeviceEvent.objects.get()
    assert (stored.name, stored.device, stored.seq) == ("recovery-tried", "session", 1)
    assert stored.facts == {"rung": "rebind", "worked": True}
    assert (stored.at, stored.received_at) == (NOON, NOON + timedelta(hours=2))
    assert not Session.objects.exists()


def test_a_visit_that_goes_on_is_open(say: Say) -> None:
    say(began(1))
    assert told() == [(NOON, None, None, Ending.OPEN)]


@pytest.mark.parametrize("order", list(permutations([began(1), ended(2), ended(3), began(4)])))
def test_a_visit_is_told_whole_whatever_comes_late_or_twice(say: Say, order: Any) -> None:
    for each in order:
        say(each)
    assert told() == [WHOLE]


def test_a_visit_is_told_whole_in_one_batch(say: Say) -> None:
    say(ended(2), began(1))
    assert told() == [WHOLE]


def test_a_visit_whose_start_was_lost_is_known_by_its_end(say: Say) -> None:
    say(ended(2))
    assert told() == [WHOLE]


def test_an_end_that_names_no_start_is_dated_by_its_length(say: Say) -> None:
    say((2, NOON + VISIT, event("session-ended", duration_s=1200)))
    assert told() == [WHOLE]


def test_a_visit_that_a_power_cut_ended_says_so(say: Say) -> None:
    say(ended(2, is_cut_short=True), began(1))
    assert told() == [(*WHOLE[:3], Ending.CUT)]


def test_a_visit_whose_end_was_lost_is_over_when_another_begins(say: Say) -> None:
    later = NOON + timedelta(hours=1)
    say(began(1))
    say(began(3, later))
    assert told() == [
        (NOON, None, None, Ending.UNHEARD),
        (later, None, None, Ending.OPEN),
    ]


def test_a_start_that_comes_after_a_later_one_is_not_open(say: Say) -> None:
    say(began(3, NOON + timedelta(hours=1)))
    say(began(1))
    assert [ending for *_, ending in told()] == [Ending.UNHEARD, Ending.OPEN]


def test_an_end_that_comes_very_late_is_still_believed(say: Say) -> None:
    say(began(1), began(3, NOON + timedelta(hours=1)))
    say(ended(2))
    assert told()[0] == WHOLE


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"began_at": "noon"},
        {"began_at": "2026-11-24T12:00:00", "duration_s": -1},
        {"began_at": True, "duration_s": True},
        {"began_at": "9999-12-31T23:59:59Z", "duration_s": 1e14},
    ],
)
def test_an_end_that_tells_nothing_is_kept_as_it_is_and_ends_no_visit(
    say: Say, facts: dict[str, FactValue]
) -> None:
    say(began(1))
    say((2, NOON + VISIT, event("session-ended", **facts)))
    assert told() == [(NOON, None, None, Ending.OPEN)]
    assert DeviceEvent.objects.filter(name="session-ended").get().facts == facts


def test_an_event_of_a_newer_kiosk_is_kept_by_its_name(say: Say) -> None:
    say((1, NOON, event("moon-rose", phase="full")))
    assert DeviceEvent.objects.get().name == "moon-rose"
    assert not Session.objects.exists()
