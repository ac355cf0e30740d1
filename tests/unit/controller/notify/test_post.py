"""What comes of a try: sent, tried again, given up; and of a channel that fails."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from controller.alerts.models import Condition
from controller.fleet.models import Kiosk
from controller.notify import digests, post
from controller.notify.models import Channel, Notification
from controller.notify.plan import WAIT, plan
from controller.notify.post import Answer, record
from controller.notify.retry import GIVEN_UP_AFTER
from tests.unit.controller.notify.conftest import NOON, RULE, SEVEN, alert, channel, contact, event

pytestmark = pytest.mark.django_db
THEN = NOON + WAIT


@pytest.fixture
def note(kiosk: Kiosk) -> Notification:
    channel()
    contact()
    event(alert(kiosk))
    plan(THEN)
    return Notification.objects.get()


def tried(note: Notification, now: datetime, *, works: bool, is_final: bool = False) -> None:
    record(Answer(note.pk, "250 ok" if works else "451 later", works, is_final), now)
    note.refresh_from_db()


def failing() -> set[str]:
    found = Condition.objects.filter(key=post.CONDITION)
    return set(found.values_list("subject", flat=True))


def test_a_taken_message_is_sent_once_and_for_all(note: Notification) -> None:
    tried(note, THEN, works=True)
    assert (note.state, note.tries, note.sent_at, note.next_try_at) == ("sent", 1, THEN, None)
    assert [(one.has_worked, one.answer) for one in note.attempts.all()] == [(True, "250 ok")]
    assert Channel.objects.get().worked_at == THEN


def test_a_failed_one_is_tried_again_later_and_later(note: Notification) -> None:
    waits = []
    now = THEN
    for _ in range(6):
        tried(note, now, works=False)
        assert note.next_try_at is not None
        waits.append((note.next_try_at - now).total_seconds())
        now = note.next_try_at
    assert note.state == "waiting"
    assert all(later > earlier for earlier, later in pairwise(waits))


def test_it_is_given_up_after_a_day_or_when_no_try_can_help(note: Notification) -> None:
    tried(note, THEN + GIVEN_UP_AFTER, works=False)
    assert (note.state, note.next_try_at) == ("given-up", None)
    Notification.objects.update(state="waiting", next_try_at=THEN)
    tried(note, THEN, works=False, is_final=True)
    assert note.state == "given-up"


def test_the_failure_of_one_lets_the_channels_others_wait(note: Notification) -> None:
    other = Notification.objects.create(
        key="other", kind="fired", channel_id="mail", created_at=THEN, next_try_at=THEN
    )
    tried(note, THEN, works=False)
    other.refresh_from_db()
    assert other.next_try_at == THEN + post.PAUSE
    assert other.tries == 0


def test_what_was_overtaken_under_way_is_not_tried_again(note: Notification) -> None:
    Notification.objects.update(state="given-up", next_try_at=None)
    tried(note, THEN, works=False)
    assert (note.state, note.next_try_at) == ("given-up", None)


def test_what_waits_for_a_channel_that_is_off_is_given_up_after_a_day(note: Notification) -> None:
    assert post.give_up(THEN + GIVEN_UP_AFTER - timedelta(seconds=1)) == 0
    assert post.give_up(THEN + GIVEN_UP_AFTER) == 1


def test_a_channel_that_fails_for_long_is_itself_an_alert(note: Notification) -> None:
    tried(note, THEN, works=False)
    assert failing() == set()
    tried(note, THEN + post.FAILING_AFTER, works=False)
    assert failing() == {"mail"}
    assert Channel.objects.get().failing_since == THEN
    tried(note, THEN + timedelta(hours=1), works=True)
    assert failing() == set()
    assert (Channel.objects.get().failing_since, Channel.objects.get().problem) == (None, "")


def test_a_channel_that_cannot_work_is_one_at_once(note: Notification) -> None:
    tried(note, THEN, works=False, is_final=True)
    assert failing() == {"mail"}


def test_a_day_in_one_message(kiosk: Kiosk) -> None:
    channel()
    contact("marie", digest_at=SEVEN)
    alert(kiosk)
    alert(kiosk, "camera", state="resolved", resolved_at=NOON, fingerprint="x")
    alert(kiosk, "screen", policy={"steps": [{"after_s": 0, "contacts": ["paul"]}]})
    seven = NOON.replace(hour=6, minute=0) + timedelta(days=1)  # UTC
    assert digests.turn(seven - timedelta(minutes=1)) == 0
    assert (digests.turn(seven), digests.turn(seven + timedelta(minutes=5))) == (1, 0)
    (note,) = Notification.objects.all()
    assert note.kind == "digest"
    assert note.text.count("Imprimante en panne") == 2
    assert digests.turn(seven + timedelta(days=1)) == 1


def test_the_message_of_a_day_names_nothing_that_the_route_did_not_reach_yet(kiosk: Kiosk) -> None:
    channel()
    contact("marie", digest_at=SEVEN)
    steps = [{"after_s": 0, "contacts": ["paul"]}, {"after_s": 3600, "contacts": ["marie"]}]
    one = alert(kiosk, policy={"rule": RULE, "steps": steps})
    seven = NOON.replace(hour=6, minute=0) + timedelta(days=1)  # UTC
    digests.turn(seven)
    one.step = 2
    one.save()
    digests.turn(seven + timedelta(days=1))
    second, first = Notification.objects.all()
    assert "Imprimante en panne" not in first.text
    assert "Imprimante en panne" in second.text
