"""A turn of telling: plan what happened, write the messages of the day, send what is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings

from controller.notify import digests, reminders
from controller.notify.plan import plan
from controller.notify.post import Post
from controller.notify.sealing import Seal


def seal() -> Seal:
    """This controller's."""
    return Seal(settings.SECRET_KEY)


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
    with opened() as post:
        is_busy = post.turn(now)
        post.finish(now)
    return bool(made or is_busy)


class Lane:
    """The worker's: a step never waits for a receiver, what comes back is noted by a later one."""

    def __init__(self) -> None:
        self._post = Post(seal())

    def step(self, now: datetime) -> bool:
        """See upkeep.chores: nothing more is to be done at once."""
        plan(now)
        digests.turn(now)
        self._post.turn(now)
        return False


def remind(now: datetime) -> bool:
    """Tell Alertmanagers again; a chore each minute."""
    reminders.turn(now, seal())
    return False
