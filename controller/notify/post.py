"""Sending: what is due goes out by its channel, and what came of it is written down at once.

At least once: whoever dies between the receiver's yes and our writing it down sends it again, under
the same id. What is tried by one channel waits for no other.
"""

import logging
import random
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from controller.accounts.sealing import Seal
from controller.alerts import services as alerts
from controller.errors import VigieError
from controller.notify import plan, wording
from controller.notify.letters import Letter, Subject, Way
from controller.notify.models import Channel, Notification, Try
from controller.notify.retry import GIVEN_UP_AFTER, next_try
from controller.notify.senders import Undelivered, sender
from controller.text import printable

_log = logging.getLogger("vigie.notify")

#: A channel that fails for so long, or for good, is itself an alert.
FAILING_AFTER = timedelta(minutes=5)
CONDITION = "channel-failing"
#: What waits for a channel that just failed is left alone for so long.
PAUSE = timedelta(seconds=30)
_CHANNELS = 8  # that are sent by at the same time
_PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try."""

    notification: int
    text: str
    has_worked: bool
    is_final: bool = False


class Post:
    """Sends in threads, one message at a time by each channel; the database is the caller's alone.

    So at most one message a channel is sent and not yet written down. `seal` opens the secrets.
    """

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._pool = ThreadPoolExecutor(_CHANNELS, thread_name_prefix="post")
        self._under_way: dict[str, Future[Answer]] = {}

    @property
    def is_busy(self) -> bool:
        """Whether some receiver has not answered yet."""
        return bool(self._under_way)

    def turn(self, now: datetime) -> bool:
        """Send what is due, write down what came back; whether any did, so that more may be due."""
        came = self._collect(now)
        for note in self._due(now):
            if (channel := note.channel) is not None:
                letter = letter_of(note)
                self._under_way[channel.pk] = self._pool.submit(
                    send, channel, self._seal, note.pk, letter
                )
        wait(self._under_way.values(), timeout=_PATIENCE_S, return_when=FIRST_COMPLETED)
        return self._collect(now) + came > 0

    def close(self) -> None:
        """Wait for the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _collect(self, now: datetime) -> int:
        back = [key for key, future in self._under_way.items() if future.done()]
        for key in back:
            answer = self._under_way[key].result()
            record(answer, now)
            # Only now: what could not be written down is written down by a later turn.
            del self._under_way[key]
        return len(back)

    def _due(self, now: datetime) -> list[Notification]:
        """The first of each channel that sends nothing just now."""
        found = Notification.objects.filter(
            state=Notification.State.WAITING, next_try_at__lte=now, channel__is_enabled=True
        ).exclude(channel__in=list(self._under_way))
        rows = found.select_related("channel", "contact").order_by("next_try_at", "pk")
        keys = found.order_by().values_list("channel", flat=True).distinct()
        firsts = (rows.filter(channel=key).first() for key in keys)
        return [note for note in firsts if note is not None]


def send(channel: Channel, seal: Seal, number: int, letter: Letter) -> Answer:
    """One try; never raises."""
    try:
        way = way_of(channel, seal)
        return Answer(number, _said(sender(channel.kind).send(way, letter)), has_worked=True)
    except Undelivered as err:
        return Answer(number, _said(str(err)), has_worked=False, is_final=err.is_final)
    except VigieError as err:  # its secret cannot be opened
        return Answer(number, _said(str(err)), has_worked=False)
    except Exception as err:  # a fault of ours in one way stops no other, and is seen on the page
        _log.exception("channel %s cannot send", channel.pk)
        return Answer(number, f"{type(err).__name__}: see the worker's log", has_worked=False)


def _said(text: str) -> str:
    """A stranger's words, fit for the database: an answer that cannot be written down would hold up
    every channel."""
    return printable(text)[:500]


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


@transaction.atomic
def record(answer: Answer, now: datetime) -> None:
    """What came of a try: of the message, and of its channel."""
    note = Notification.objects.select_for_update().filter(pk=answer.notification).first()
    if note is None:  # forgotten meanwhile
        return
    Try.objects.create(notification=note, at=now, has_worked=answer.has_worked, answer=answer.text)
    note.tries += 1
    if answer.has_worked:
        note.state, note.sent_at, note.next_try_at = Notification.State.SENT, now, None
    elif note.state == Notification.State.WAITING:  # not overtaken by its alert's end
        chance = random.random()  # noqa: S311 - spreads tries, guards nothing
        again = next_try(note.tries, note.created_at, now, chance)
        note.next_try_at = None if answer.is_final else again
        if note.next_try_at is None:
            note.state = Notification.State.GIVEN_UP
    note.save()
    if note.channel_id is not None:
        note_channel(note.channel_id, answer, now)
        if not answer.has_worked and not answer.is_final:
            _pause(note.channel_id, note.pk, now)


def _pause(channel: str, but: int, now: datetime) -> None:
    """What waits for the same channel would most likely fail now for the same reason."""
    waiting = Notification.objects.filter(channel=channel, state=Notification.State.WAITING)
    waiting.filter(next_try_at__lt=now + PAUSE).exclude(pk=but).update(next_try_at=now + PAUSE)


def give_up(now: datetime) -> int:
    """End what has waited for too long, of a channel that is off or forgotten too; how many."""
    return Notification.objects.filter(
        state=Notification.State.WAITING, created_at__lte=now - GIVEN_UP_AFTER
    ).update(state=Notification.State.GIVEN_UP, next_try_at=None)


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
