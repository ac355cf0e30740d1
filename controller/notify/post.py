"""Sending: what is due goes out by its channel, and what came of it is written down at once.

At least once: whoever dies between the receiver's yes and our writing it down sends it again, under
the same id. What is tried by one channel waits for no other.
"""

import logging
import random
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from controller.alerts import services as alerts
from controller.notify import plan, wording
from controller.notify.letters import Letter, Subject, Way
from controller.notify.models import Channel, Notification, Try
from controller.notify.retry import next_try
from controller.notify.sealing import Seal
from controller.notify.senders import Undelivered, sender

_log = logging.getLogger("vigie.notify")

#: A channel that fails for so long, or for good, is itself an alert.
FAILING_AFTER = timedelta(minutes=5)
CONDITION = "channel-failing"
#: At once by one channel; the rest comes with the next turn.
_BATCH = 20
_CHANNELS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try."""

    notification: int
    text: str
    has_worked: bool
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """What goes out by one channel in one turn: notifications' numbers and letters."""

    channel: Channel
    way: Way
    letters: list[tuple[int, Letter]] = field(default_factory=list)


class Post:
    """Sends in threads, one message at a time by each channel; the database is the caller's alone.

    `seal` opens the channels' secrets.
    """

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._pool = ThreadPoolExecutor(_CHANNELS, thread_name_prefix="post")
        self._under_way: dict[str, Future[list[Answer]]] = {}

    def turn(self, now: datetime) -> bool:
        """Write down what came back, send what is due; whether anything is under way."""
        self._collect(now, [key for key, future in self._under_way.items() if future.done()])
        for load in self._due(now):
            self._under_way[load.channel.pk] = self._pool.submit(send_all, load)
        return bool(self._under_way)

    def finish(self, now: datetime) -> None:
        """Wait for what is under way, and write it down."""
        self._collect(now, list(self._under_way))

    def close(self) -> None:
        """Wait for the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _collect(self, now: datetime, keys: Iterable[str]) -> None:
        for key in keys:
            for answer in self._under_way.pop(key).result():
                record(answer, now)

    def _due(self, now: datetime) -> list[Load]:
        found = Notification.objects.filter(
            state=Notification.State.WAITING, next_try_at__lte=now, channel__is_enabled=True
        ).exclude(channel__in=list(self._under_way))
        loads: dict[str, Load] = {}
        rows = found.select_related("channel", "contact").order_by("next_try_at", "pk")
        for note in rows[: _BATCH * _CHANNELS]:
            if (channel := note.channel) is None:
                continue
            if channel.pk not in loads:
                loads[channel.pk] = Load(channel, way_of(channel, self._seal))
            if len(loads[channel.pk].letters) < _BATCH:
                loads[channel.pk].letters.append((note.pk, letter_of(note)))
        return list(loads.values())


def send_all(load: Load) -> list[Answer]:
    """One after the other, until one fails for a reason that others would fail for too."""
    answers: list[Answer] = []
    for number, letter in load.letters:
        answer = send(load.channel, load.way, number, letter)
        answers.append(answer)
        if not answer.has_worked and not answer.is_final:
            break
    return answers


def send(channel: Channel, way: Way, number: int, letter: Letter) -> Answer:
    """One try; never raises."""
    try:
        return Answer(number, sender(channel.kind).send(way, letter)[:500], has_worked=True)
    except Undelivered as err:
        return Answer(number, str(err)[:500], has_worked=False, is_final=err.is_final)
    except Exception as err:  # a fault of ours in one way stops no other, and is seen on the page
        _log.exception("channel %s cannot send", channel.pk)
        return Answer(number, f"{type(err).__name__}: see the worker's log", has_worked=False)


def way_of(channel: Channel, seal: Seal) -> Way:
    """Raises VigieError for a secret that cannot be opened."""
    return Way(channel.pk, channel.settings, seal.open(bytes(channel.secret)))


def letter_of(note: Notification) -> Letter:
    """A noted message with its alerts as they are now."""
    subjects: tuple[Subject, ...] = ()
    if note.contact is not None:
        reader = plan.reader_of(note.contact)
        found = plan.with_places(note.alerts.values_list("pk", flat=True)).values()
        subjects = tuple(wording.by_severity(wording.subject(alert, reader) for alert in found))
    return Letter(
        note.key, note.kind, note.title, note.text, note.address, note.created_at, subjects
    )


def record(answer: Answer, now: datetime) -> None:
    """What came of a try: of the message, and of its channel."""
    with transaction.atomic():
        note = Notification.objects.select_for_update().get(pk=answer.notification)
        Try.objects.create(
            notification=note, at=now, has_worked=answer.has_worked, answer=answer.text
        )
        note.tries = F("tries") + 1
        if answer.has_worked:
            note.state, note.sent_at, note.next_try_at = Notification.State.SENT, now, None
        else:
            again = None
            if not answer.is_final:
                chance = random.random()  # noqa: S311 - spreads tries, guards nothing
                tries = note.attempts.count()
                again = next_try(tries, note.created_at, now, chance)
            note.next_try_at = again
            if again is None:
                note.state = Notification.State.GIVEN_UP
        note.save()
        if note.channel_id is not None:
            note_channel(note.channel_id, answer, now)


def note_channel(key: str, answer: Answer, now: datetime) -> None:
    """Whether a channel works; one that does not for long is an alert."""
    channel = Channel.objects.select_for_update().get(pk=key)
    if answer.has_worked:
        if channel.failing_since is not None:
            _log.info("channel %s works again", key)
            alerts.clear_condition(CONDITION, key, now)
        channel.worked_at, channel.failing_since, channel.problem = now, None, ""
    else:
        if channel.failing_since is None:
            _log.warning("channel %s: %s; trying on", key, answer.text)
            channel.failing_since = now
        channel.problem = answer.text
        if answer.is_final or now - channel.failing_since >= FAILING_AFTER:
            alerts.set_condition(CONDITION, key, {"problem": answer.text}, now)
    channel.save(update_fields=["worked_at", "failing_since", "problem"])
