"""From what happened to alerts to the messages: who gets how many, and what they say."""

from datetime import timedelta

import pytest

from controller.alerts.models import Alert, AlertEvent, Silence
from controller.fleet.models import Kiosk
from controller.notify.models import Channel, Contact, Notification
from controller.notify.plan import WAIT, plan
from tests import fleets
from tests.unit.controller.notify.conftest import NOON, SEVEN, alert, channel, contact, event

pytestmark = pytest.mark.django_db
THEN = NOON + WAIT


@pytest.fixture(autouse=True)
def marie(db: None) -> Contact:
    channel()
    return contact()


def notes() -> list[Notification]:
    return list(Notification.objects.order_by("id"))


def test_it_waits_for_what_has_the_same_cause(kiosk: Kiosk) -> None:
    event(alert(kiosk))
    assert plan(THEN - timedelta(seconds=1)) == 0
    event(alert(kiosk, "camera"), at=NOON + timedelta(seconds=10))
    assert plan(THEN) == 1
    (note,) = notes()
    assert (note.kind, note.recipient, note.address) == ("fired", "Marie", "marie@example.org")
    assert note.alerts.count() == 2


def test_nothing_is_told_twice(kiosk: Kiosk) -> None:
    event(alert(kiosk))
    assert (plan(THEN), plan(THEN), plan(THEN + timedelta(hours=1))) == (1, 0, 0)
    assert not AlertEvent.objects.filter(is_untold=True).exists()


def test_the_same_events_taken_up_again_are_the_same_message(kiosk: Kiosk) -> None:
    made = event(alert(kiosk))
    plan(THEN)
    AlertEvent.objects.filter(pk=made.pk).update(is_untold=True)
    assert plan(THEN) == 0
    assert len(notes()) == 1


def test_what_was_silenced_or_hidden_meanwhile_is_told_to_nobody(kiosk: Kiosk) -> None:
    silence = Silence.objects.create(
        starts_at=NOON, ends_at=NOON + timedelta(days=1), why="known", actor="x"
    )
    cover = alert(kiosk, "")
    event(alert(kiosk, "camera", silenced_by=silence))
    event(alert(kiosk, "printer", hidden_by=cover))
    assert plan(THEN) == 0


@pytest.mark.parametrize("name", ["fired", "escalated"])
def test_what_somebody_took_up_meanwhile_is_told_to_nobody(kiosk: Kiosk, name: str) -> None:
    event(alert(kiosk, acknowledged_at=NOON, acknowledged_by="paul"), name)
    assert plan(THEN) == 0


def test_an_end_is_told_to_those_who_were_told_of_the_begin(kiosk: Kiosk) -> None:
    contact("paul")
    one = alert(kiosk)
    event(one, tells=("marie",))
    plan(THEN)
    Alert.objects.filter(pk=one.pk).update(state="resolved", resolved_at=THEN)
    event(one, "resolved", at=THEN, tells=("marie", "paul"))
    assert plan(THEN + WAIT) == 1
    assert [(note.kind, note.contact_id) for note in notes()] == [
        ("fired", "marie"),
        ("resolved", "marie"),
    ]


def test_what_began_and_ended_before_anybody_was_told_is_told_to_nobody(kiosk: Kiosk) -> None:
    one = alert(kiosk)
    event(one)
    event(one, "resolved", at=NOON + timedelta(seconds=5))
    assert plan(THEN) == 0


def test_what_ends_before_its_message_left_is_told_in_one(kiosk: Kiosk) -> None:
    one = alert(kiosk)
    event(one)
    plan(THEN)
    Alert.objects.filter(pk=one.pk).update(state="resolved", resolved_at=THEN)
    event(one, "resolved", at=THEN)
    plan(THEN + WAIT)
    assert [(note.kind, note.state) for note in notes()] == [
        ("fired", "given-up"),
        ("resolved", "waiting"),
    ]
    assert "12:00" in notes()[1].text
    assert notes()[0].attempts.get().answer == "ended before it left"


def test_a_message_with_something_still_open_leaves_all_the_same(kiosk: Kiosk) -> None:
    one = alert(kiosk)
    event(one)
    event(alert(kiosk, "camera"))
    plan(THEN)
    Alert.objects.filter(pk=one.pk).update(state="resolved", resolved_at=THEN)
    event(one, "resolved", at=THEN)
    plan(THEN + WAIT)
    assert [note.state for note in notes()] == ["waiting", "waiting"]


def test_an_end_is_not_told_to_those_whose_message_was_given_up(kiosk: Kiosk) -> None:
    one = alert(kiosk)
    event(one)
    plan(THEN)
    Notification.objects.update(state="given-up")
    event(one, "resolved", at=THEN)
    assert plan(THEN + WAIT) == 0


def test_begin_and_end_of_two_alerts_are_two_messages(kiosk: Kiosk) -> None:
    old, new = alert(kiosk, "camera"), alert(kiosk)
    event(old)
    plan(THEN)
    event(old, "resolved", at=THEN)
    event(new, at=THEN)
    assert plan(THEN + WAIT) == 2
    assert {note.kind for note in notes()} == {"fired", "resolved"}


def test_each_address_of_a_contact_gets_it(kiosk: Kiosk) -> None:
    channel("ntfy", kind="apprise")
    contact("paul", ("mail", "ntfy"))
    event(alert(kiosk), tells=("paul",))
    assert plan(THEN) == 2


def test_a_channel_or_a_contact_that_is_off_gets_nothing(kiosk: Kiosk) -> None:
    Channel.objects.update(is_enabled=False)
    event(alert(kiosk))
    assert plan(THEN) == 0
    Channel.objects.update(is_enabled=True)
    Contact.objects.update(is_enabled=False)
    event(alert(kiosk, "camera"), at=THEN)
    assert plan(THEN + WAIT) == 0


def test_contacts_are_told_of_their_departments_and_of_what_matters_to_them(kiosk: Kiosk) -> None:
    contact("cantal", departments=["15"])
    contact("puy-de-dome", departments=["63"])
    contact("chief", least_severity="critical")
    event(alert(kiosk), tells=("cantal", "puy-de-dome", "chief"))
    plan(THEN)
    assert [note.contact_id for note in notes()] == ["puy-de-dome"]


def test_who_wants_one_message_a_day_is_still_told_at_once_of_what_is_critical(
    kiosk: Kiosk,
) -> None:
    contact("daily", digest_at=SEVEN)
    event(alert(kiosk), tells=("daily",))
    event(alert(kiosk, "screen", severity="critical"), tells=("daily",))
    assert plan(THEN) == 1
    assert [one.severity for one in notes()[0].alerts.all()] == ["critical"]


def test_a_message_says_what_where_since_when_what_to_do_and_where_to_look(kiosk: Kiosk) -> None:
    one = alert(kiosk)
    event(one)
    plan(THEN)
    (note,) = notes()
    assert "] Imprimante en panne, Mairie d'Ambert, Ambert (63), " in note.title
    assert "12:00" in note.title
    for said in ("12:00", "Ouvrez le capot.", f"/alerts/{one.pk}", "bourrage", "Imprimante"):
        assert said in note.text


def test_it_is_written_in_the_readers_language(kiosk: Kiosk) -> None:
    Contact.objects.update(language="en")
    event(alert(kiosk))
    plan(THEN)
    (note,) = notes()
    assert note.title.startswith("[Warning] Printer failed")
    assert "Open the cover." in note.text


def test_a_cause_of_many_names_its_kiosks(kiosk: Kiosk) -> None:
    wide = alert(None, "", cause="provider", culprit="Auvergne Fibre", fingerprint="offline:p")
    for number in range(14):
        wide.members.create(kiosk=fleets.kiosk(f"pvp-{number:02}"), joined_at=NOON)
    event(wide)
    plan(THEN)
    (note,) = notes()
    assert "Auvergne Fibre" in note.title
    assert "pvp-00, pvp-01" in note.text
    assert "pvp-13" not in note.text
    assert "14" in note.text


def test_the_worst_comes_first(kiosk: Kiosk) -> None:
    Contact.objects.update(language="en")
    event(alert(kiosk, "camera"))
    event(alert(kiosk, "screen", severity="critical", fingerprint="x"))
    plan(THEN)
    (note,) = notes()
    assert note.title.startswith("[Critical]")
