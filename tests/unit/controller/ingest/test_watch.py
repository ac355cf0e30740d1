"""Whether the controller hears its kiosks: said once when it stops, and once when it does again."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.alerts.models import Condition
from controller.ingest.models import Tally
from controller.ingest.watch import AWAY, SILENT, Watch, notice

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 24, 11, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def said() -> set[tuple[str, str]]:
    return set(Condition.objects.values_list("key", "subject"))


def test_a_broker_that_blinks_is_not_away_and_one_that_stays_away_is(clock: Clock) -> None:
    watch = Watch("vigie-ingest", clock)
    watch.look(is_up=True)
    clock.at += AWAY - SECOND
    watch.look(is_up=False)
    assert said() == set()
    clock.at += SECOND
    watch.look(is_up=False)
    assert said() == {("broker-away", "vigie-ingest")}
    clock.at += SECOND
    watch.look(is_up=True)
    assert said() == set()


def test_an_ingest_that_starts_takes_back_what_it_said_before_it_was_killed(clock: Clock) -> None:
    Condition.objects.create(key="broker-away", subject="vigie-ingest", since=START)
    Watch("vigie-ingest", clock).look(is_up=True)
    assert said() == set()


def test_ingests_that_give_no_sign_of_life_are_silent_until_one_does(clock: Clock) -> None:
    Watch("vigie-ingest", clock).look(is_up=True)
    notice(START + SILENT - SECOND)
    assert said() == set()
    notice(START + SILENT)
    assert said() == {("ingest-silent", "")}
    clock.at = START + 2 * SILENT
    Watch("vigie-ingest-2", clock).look(is_up=True)
    notice(clock.at)
    assert said() == set()


def test_what_an_ingest_said_of_the_broker_ends_with_the_ingest(clock: Clock) -> None:
    watch = Watch("vigie-ingest", clock)
    watch.look(is_up=False)
    clock.at += AWAY
    watch.look(is_up=False)
    notice(clock.at + SILENT)
    assert said() == {("ingest-silent", "")}


def test_ingests_of_an_older_release_are_not_judged(clock: Clock) -> None:
    Tally.objects.create(name="vigie-ingest", updated_at=START - timedelta(days=1))
    notice(START)
    assert said() == set()
