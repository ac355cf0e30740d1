"""Whether the controller hears its kiosks: each ingest says so of itself, the worker of them all.

While it does not, no kiosk is judged to be dark (controller.alerts.facts.DEAF).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error, connection

from controller.alerts.models import Condition
from controller.alerts.services import clear_condition, set_condition
from controller.ingest.models import Tally

log = logging.getLogger("vigie.ingest")

BROKER_AWAY = "broker-away"
INGEST_SILENT = "ingest-silent"
#: The broker may be away for so long, a restart or a blink, before that is said.
AWAY = timedelta(seconds=30)
#: How often an ingest gives a sign of life.
BEAT = timedelta(seconds=20)
#: Without one for so long, an ingest is held to have ended.
SILENT = timedelta(minutes=3)


class Watch:
    """One ingest's own: told often, by the loop that serves the link, whether the link is up."""

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        self._name = name
        self._now = now
        self._beaten: datetime | None = None
        self._up: datetime | None = None  # when the link was up last
        self._is_said: bool | None = None  # that it is away; None: what was said before is unknown

    def look(self, *, is_up: bool) -> None:
        """Say what is new. A database that is away is tried again at the next beat."""
        now = self._now()
        if is_up or self._up is None or self._up > now:
            self._up = now
        is_away = now - self._up >= AWAY
        is_news = is_away is not self._is_said and (is_up or is_away)
        is_time = self._beaten is None or not now - BEAT < self._beaten <= now
        if not (is_news or is_time):
            return
        self._beaten = now
        try:
            self._say(is_away, now, is_news=is_news)
        except (Error, OSError) as err:
            log.debug("the sign of life could not be stored: %s", err)
            connection.close()

    def _say(self, is_away: bool, now: datetime, *, is_news: bool) -> None:
        beat(self._name, now)
        if is_news and is_away:
            set_condition(BROKER_AWAY, self._name, {}, now)
        elif is_news:
            clear_condition(BROKER_AWAY, self._name, now)
        if is_news:
            self._is_said = is_away


def beat(name: str, now: datetime) -> None:
    """This ingest lives."""
    if not Tally.objects.filter(pk=name).update(beat_at=now):
        Tally.objects.create(name=name, updated_at=now, beat_at=now)


def notice(now: datetime) -> bool:
    """The worker's look at all of them; False: there is nothing more to do at once.

    One that ended while the broker was away cannot take its word back: that is done here. An
    installation whose ingests never beat (an older release) is not judged.
    """
    beats = dict(Tally.objects.exclude(beat_at=None).values_list("name", "beat_at"))
    alive = {name for name, at in beats.items() if at is not None and now - at < SILENT}
    for subject in Condition.objects.filter(key=BROKER_AWAY).values_list("subject", flat=True):
        if subject in beats and subject not in alive:
            clear_condition(BROKER_AWAY, subject, now)
    if beats and not alive:
        set_condition(INGEST_SILENT, "", {}, now)
    else:
        clear_condition(INGEST_SILENT, "", now)
    return False
