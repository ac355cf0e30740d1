"""What kiosks say of their commands, and what the controller says when they say nothing."""

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from contract.commands import CommandState as State
from controller.commands.life import GivenUp
from controller.commands.models import Command, CommandEvent
from controller.commands.outcomes import MAX_EVENTS
from controller.commands.services import expire_overdue, forget, heard, mark_sent, order
from controller.commands.words import reason_text
from controller.fleet.models import Kiosk, Status
from tests import fleets

pytestmark = pytest.mark.django_db


@pytest.fixture
def kiosk() -> Kiosk:
    return fleets.kiosk()


@pytest.fixture
def command(kiosk: Kiosk) -> Command:
    return order(kiosk=kiosk, name="reboot", args={}, user=None, actor="cli:root")


def tell(command: Command, *states: State, at: datetime | None = None) -> set[str]:
    now = at or timezone.now()
    words = fleets.story(command.pk, states, now)
    return heard([(command.kiosk_id, word) for word in words], now)


def states(command: Command) -> list[str]:
    return [event.state for event in command.events.all()]


def test_a_story_told_at_once_is_kept_step_by_step(command: Command) -> None:
    mark_sent([command.pk], timezone.now())
    assert tell(command, State.ACCEPTED, State.RUNNING, State.SUCCEEDED) == {command.kiosk_id}
    command.refresh_from_db()
    assert command.state == State.SUCCEEDED
    assert command.finished_at is not None
    assert command.begun_at == command.finished_at
    assert states(command) == ["queued", "sent", "accepted", "running", "succeeded"]


def test_hearing_it_again_changes_nothing(command: Command) -> None:
    at = timezone.now()
    tell(command, State.ACCEPTED, State.SUCCEEDED, at=at)
    before = list(CommandEvent.objects.values())
    assert tell(command, State.ACCEPTED, State.SUCCEEDED, at=at) == set()
    assert list(CommandEvent.objects.values()) == before


def test_the_result_and_reason_of_the_end_stay(command: Command) -> None:
    now = timezone.now()
    end = fleets.outcome(
        command.pk, State.FAILED, now, reason="no new boot\0", result={"lost": ["printer\0"]}
    )
    heard([(command.kiosk_id, end)], now)
    command.refresh_from_db()
    assert command.reason == "no new boot�"
    assert command.result == {"lost": ["printer�"]}


def test_a_kiosk_has_no_say_in_the_commands_of_another(
    command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    fleets.kiosk("pvp-63003-2")
    now = timezone.now()
    strangers = [
        ("pvp-63003-2", fleets.outcome(command.pk, State.SUCCEEDED, now)),
        (command.kiosk_id, fleets.outcome(uuid4(), State.SUCCEEDED, now)),
        (command.kiosk_id, fleets.outcome("-" * 36, State.SUCCEEDED, now)),
    ]
    with caplog.at_level(logging.WARNING):
        assert heard(strangers, now) == set()
    command.refresh_from_db()
    assert command.state == State.QUEUED
    assert "3 outcomes" in caplog.text


def test_an_answer_that_overtakes_the_brokers_receipt_stands(command: Command) -> None:
    tell(command, State.ACCEPTED)
    mark_sent([command.pk], timezone.now())
    command.refresh_from_db()
    assert command.state == State.ACCEPTED
    assert command.sent_at is not None


def test_a_silent_kiosks_command_expires_and_says_so(command: Command) -> None:
    mark_sent([command.pk], timezone.now())
    assert expire_overdue(command.expires_at) == 0
    assert expire_overdue(command.expires_at + timedelta(seconds=6)) == 1
    command.refresh_from_db()
    assert (command.state, command.reason) == (State.EXPIRED, GivenUp.NOT_ANSWERED)
    with override("en"):
        assert "offline" in reason_text(command.reason)
    assert states(command)[-1] == State.EXPIRED


def test_the_kiosks_late_word_corrects_the_presumed_end(command: Command) -> None:
    expire_overdue(command.expires_at + timedelta(minutes=1))
    late = command.expires_at + timedelta(hours=3)
    tell(command, State.ACCEPTED, at=late)
    command.refresh_from_db()
    assert (command.state, command.finished_at, command.reason) == (State.ACCEPTED, None, "")
    tell(command, State.SUCCEEDED, at=late)
    command.refresh_from_db()
    assert (command.state, command.is_presumed) == (State.SUCCEEDED, False)


def test_a_begun_command_without_an_end_becomes_unknown(command: Command) -> None:
    tell(command, State.ACCEPTED, State.RUNNING)
    expire_overdue(command.expires_at + timedelta(seconds=901))
    command.refresh_from_db()
    assert (command.state, command.reason) == (State.UNKNOWN, GivenUp.NO_OUTCOME)


def test_a_reboot_with_a_delay_has_that_much_longer(kiosk: Kiosk) -> None:
    command = order(kiosk=kiosk, name="reboot", args={"delay_s": 3600}, user=None, actor="cli:root")
    tell(command, State.ACCEPTED)
    assert expire_overdue(command.expires_at + timedelta(seconds=901)) == 0
    assert expire_overdue(command.expires_at + timedelta(seconds=4501)) == 1


def test_open_pages_are_told_of_every_step(command: Command) -> None:
    fleets.status(command.kiosk, timezone.now() - timedelta(hours=1))
    sent, answered = command.issued_at, command.issued_at + timedelta(seconds=1)
    mark_sent([command.pk], sent)
    assert Status.objects.get().touched_at == sent
    tell(command, State.ACCEPTED, at=answered)
    assert Status.objects.get().touched_at == answered


def test_a_kiosk_that_talks_without_end_is_not_written_down_for_ever(command: Command) -> None:
    now = timezone.now()
    words = [
        (command.kiosk_id, fleets.outcome(command.pk, State.RUNNING, now + timedelta(seconds=n)))
        for n in range(MAX_EVENTS * 2)
    ]
    heard(words, now)
    assert command.events.count() == MAX_EVENTS
    tell(command, State.FAILED, at=now + timedelta(hours=1))
    assert states(command)[-1] == State.FAILED


def test_progress_goes_on_and_never_back(command: Command) -> None:
    now = timezone.now()
    for second, percent in enumerate((0, 40, 20, 40, 80)):
        said = fleets.outcome(
            command.pk, State.RUNNING, now + timedelta(seconds=second),
            result={"progress_percent": percent, "step": f"at {percent}"},
        )  # fmt: skip
        heard([(command.kiosk_id, said)], now)
    command.refresh_from_db()
    assert command.result == {"progress_percent": 80, "step": "at 80"}
    tell(command, State.SUCCEEDED, at=now + timedelta(minutes=1))
    heard([(command.kiosk_id, said)], now)
    command.refresh_from_db()
    assert (command.state, command.result) == (State.SUCCEEDED, {})


def test_a_batch_costs_the_same_whatever_its_size(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    commands = [
        order(kiosk=fleets.kiosk(f"pvp-{n}"), name="ping", args={}, user=None, actor="cli:root")
        for n in range(40)
    ]
    now = timezone.now()
    words = [(it.kiosk_id, fleets.outcome(it.pk, State.SUCCEEDED, now)) for it in commands]
    with django_assert_max_num_queries(11):
        assert len(heard(words, now)) == 40


def test_finished_commands_are_forgotten_and_open_ones_are_not(
    kiosk: Kiosk, command: Command
) -> None:
    ping = order(kiosk=kiosk, name="ping", args={}, user=None, actor="cli:root")
    tell(ping, State.SUCCEEDED)
    assert forget(timezone.now()) == 1
    assert list(Command.objects.values_list("pk", flat=True)) == [command.pk]


def test_an_unknown_reason_is_told_as_it_is() -> None:
    assert reason_text("a citizen is in session") == "a citizen is in session"


def test_nothing_heard_costs_nothing(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(3):
        assert (
            heard(
                [("pvp-1", fleets.outcome(UUID(int=1), State.RUNNING, timezone.now()))],
                timezone.now(),
            )
            == set()
        )
