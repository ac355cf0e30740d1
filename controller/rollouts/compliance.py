"""Drift: each kiosk is asked about once a day what its release would change; nothing is changed.

Never while a citizen is there, nor while a rollout works on it; so many at a time, spread over the
day. What could not be checked, or not lately, is unknown.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from controller.fleet.models import Lifecycle, Status
from controller.rollouts import returning
from controller.rollouts.facts import occupied_among
from controller.rollouts.models import Compliance, Installed, Target
from controller.rollouts.numbering import Numbers
from controller.rollouts.proposing import ALIVE
from controller.rollouts.results import Outcome, Result, read
from controller.rollouts.stages import Compliant, Stage, TargetStage, WaveStage, Why, because
from controller.salt.models import Return
from controller.salt.port import Job, Port, PortError

#: Between two questions: a little less than a day, and for each kiosk a little more or less.
EVERY = timedelta(hours=20)
SPREAD_S = 4 * 3600
#: One that was busy, or gave no answer, is asked again after this.
AGAIN = timedelta(minutes=30)
#: How long an answer may take; a state.apply with test=True takes seconds.
PATIENCE = timedelta(minutes=10)
#: An answer so old says nothing of today.
STALE = timedelta(hours=48)
AT_A_TIME = 5

_FAULTS = {
    Outcome.STATES_INVALID: Why.STATES_INVALID,
    Outcome.PILLAR_FAILED: Why.PILLAR_FAILED,
    Outcome.BUSY: Why.BUSY,
    Outcome.MASTER_AWAY: Why.SALT_AWAY,
}


class Drift:
    """Asks and takes in answers, a bit at a time; `turn` is called every few seconds."""

    def __init__(self, port: Port, numbers: Numbers, at_a_time: int = AT_A_TIME) -> None:
        self._port, self._numbers, self._at_a_time = port, numbers, at_a_time

    def turn(self, now: datetime) -> bool:
        """Never more to do at once. Raises PortError when Salt is away."""
        _doubt(now)
        asked = list(Compliance.objects.exclude(jid=""))
        answered = take_in(asked, now)
        waiting = [one for one in asked if one.pk not in answered]
        for jid in sorted({one.jid for one in waiting}):
            returning.store(self._port.returns(jid), now)
        answered |= take_in(waiting, now)
        waiting = [one for one in waiting if one.pk not in answered]
        late = [one for one in waiting if one.asked_at is None or one.asked_at + PATIENCE <= now]
        for one in late:
            _could_not(one, because(Why.NO_RETURN), now)
        self._ask(due(now, self._at_a_time - len(waiting) + len(late)), now)
        return False

    def _ask(self, kiosks: dict[str, str], now: datetime) -> None:
        by_release: dict[str, list[str]] = defaultdict(list)
        for kiosk, release in kiosks.items():
            by_release[release].append(kiosk)
        for release, names in by_release.items():
            jid = self._numbers.new(now)
            _note_asked(names, release, jid, now)
            kwargs = {"saltenv": release, "test": True}
            try:
                known = self._port.submit(Job(jid, "state.apply", tuple(names), kwargs=kwargs))
            except PortError:
                _take_back(names, jid)
                raise
            for one in Compliance.objects.filter(jid=jid, pk__in=set(names) - known):
                _could_not(one, because(Why.NO_MINION_KEY), now)


def due(now: datetime, limit: int) -> dict[str, str]:
    """The kiosks to be asked now, those longest unasked first: kiosk -> the release it has."""
    if limit <= 0:
        return {}
    asked = dict(Compliance.objects.values_list("pk", "asked_at"))
    open_ones = set(Compliance.objects.exclude(jid="").values_list("pk", flat=True))
    never = datetime(1970, 1, 1, tzinfo=now.tzinfo)
    candidates = [
        (asked.get(kiosk) or never, kiosk, release)
        for kiosk, release in _askable().values_list("pk", "release_id")
        if kiosk not in open_ones
    ]
    ready = sorted(one for one in candidates if one[0] + EVERY + _spread(one[1]) <= now)
    occupied = occupied_among([kiosk for _, kiosk, _ in ready])
    free = [(kiosk, release) for _, kiosk, release in ready if kiosk not in occupied]
    return dict(free[:limit])


def take_in(asked: Collection[Compliance], now: datetime) -> set[str]:
    """Note what the answers that have come say; whose they are."""
    rows = Return.objects.filter(jid__in={one.jid for one in asked})
    answers = {(row.jid, row.kiosk_id): row for row in rows}
    answered = set()
    for one in asked:
        row = answers.get((one.jid, one.pk))
        if row is not None:
            _note(one, read(row.body, row.retcode), row.received_at, now)
            answered.add(one.pk)
    return answered


def _note(one: Compliance, result: Result, at: datetime, now: datetime) -> None:
    if fault := _FAULTS.get(result.outcome):
        _could_not(one, because(fault, result.detail), now)
        return
    is_well = result.outcome is Outcome.OK
    one.differences = [each.told() for each in (*result.failed, *result.pending)]
    one.checked_at, one.reason = at, ""
    _be(one, Compliant.YES if is_well else Compliant.NO, now)


def _could_not(one: Compliance, why: str, now: datetime) -> None:
    """It was not checked: what was found before stands until it is stale."""
    one.asked_at = now - EVERY + AGAIN
    is_stale = one.checked_at is None or one.checked_at + STALE <= now
    if is_stale:
        one.differences, one.reason = [], why[:500]
    _be(one, Compliant.UNKNOWN if is_stale else Compliant(one.state), now)


def _be(one: Compliance, state: Compliant, now: datetime) -> None:
    if one.state != state:
        one.state, one.since = state, now
    one.jid = ""
    one.save()


def _doubt(now: datetime) -> None:
    """What was found long ago is found no more."""
    old = Compliance.objects.exclude(state=Compliant.UNKNOWN).filter(checked_at__lte=now - STALE)
    offline = Q(kiosk__status__isnull=True) | Q(kiosk__status__is_online=False)
    for rows, why in ((old.filter(offline), Why.OFFLINE), (old, Why.NO_RETURN)):
        Compliance.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
            state=Compliant.UNKNOWN, reason=because(why), since=now, differences=[]
        )


@transaction.atomic
def _note_asked(kiosks: Collection[str], release: str, jid: str, now: datetime) -> None:
    for kiosk in sorted(kiosks):
        Compliance.objects.get_or_create(pk=kiosk, defaults={"since": now})
    Compliance.objects.filter(pk__in=kiosks).update(jid=jid, asked_at=now, release=release)


def _take_back(kiosks: Collection[str], jid: str) -> None:
    """Salt did not take it: they are due still."""
    Compliance.objects.filter(pk__in=kiosks, jid=jid).update(jid="", asked_at=None)


def _askable() -> QuerySet[Installed]:
    """In service, connected, with a release, and no rollout at work on them."""
    under_way = [stage for stage in TargetStage if stage.is_under_way]
    mine = Target.objects.filter(kiosk=OuterRef("kiosk_id"))
    worked_on = mine.filter(stage__in=under_way, rollout__ended_at=None)
    failed = mine.filter(stage=TargetStage.FAILED, rollout__stage__in=ALIVE)
    has_its_turn = mine.filter(
        stage=TargetStage.WAITING, rollout__stage=Stage.RUNNING, wave__stage=WaveStage.RUNNING
    )
    is_online = Exists(Status.objects.filter(pk=OuterRef("kiosk_id"), is_online=True))
    in_service = (Lifecycle.ACTIVE, Lifecycle.MAINTENANCE)
    return Installed.objects.filter(
        is_online,
        ~Exists(worked_on),
        ~Exists(failed),
        ~Exists(has_its_turn),
        kiosk__lifecycle__in=in_service,
    )


def _spread(kiosk: str) -> timedelta:
    """Always the same for a kiosk, so that a fleet that came up together does not stay together."""
    number = int.from_bytes(hashlib.sha256(kiosk.encode()).digest()[:4], "big")
    return timedelta(seconds=number % SPREAD_S)
