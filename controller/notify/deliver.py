"""A turn of telling: plan what happened, write the messages of the day, send what is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings

from controller.accounts.sealing import Seal
from controller.notify import digests, reminders
from controller.notify.plan import plan
from controller.notify.post import Post, give_up


def seal() -> Seal:
    """This controller's."""
    return Seal(settings.SECRET_KEY, "channels")


@contextmanager
def opened() -> Iterator[Post]:
    """A post, and its threads ended."""
    post = Post(seal())
    try:
        yield post
    finally:
        post.close()


def turn(now: datetime) -> bool:
    """Plan and send, and wait for what comes of it; whether anything was done.

    For whoever has time; the worker's own lane is `Lane`.
    """
    made = plan(now) + digests.turn(now)
    is_any_back = False
    with opened() as post:
        while post.turn(now) or post.is_busy:
            is_any_back = True
    return made > 0 or is_any_back


class Lane:
    """The worker's: a slow receiver is not waited for, what it answers is noted by a later step."""

    def __init__(self) -> None:
        self._post = Post(seal())

    def step(self, now: datetime) -> bool:
        """See upkeep.chores: more may be due as soon as some receiver has answered."""
        plan(now)
        digests.turn(now)
        return self._post.turn(now)


def remind(now: datetime) -> bool:
    """Tell Alertmanagers again, give up what is too old; a chore each minute."""
    reminders.turn(now, seal())
    give_up(now)
    return False
