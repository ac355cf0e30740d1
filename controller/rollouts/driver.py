"""Drives rollouts: each turn reads the tables, decides, writes what it will do, and then does it.

Whatever is done was written first, a job with its id: whoever is killed anywhere goes on from
there, and a job given twice is done once. Salt that is away is said once, waited for, and held
against no kiosk.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from controller.rollouts import checkups, returning, tables
from controller.rollouts.facts import gather
from controller.rollouts.following import JOBS, Follower
from controller.rollouts.hearing import Listener
from controller.rollouts.models import Target
from controller.rollouts.numbering import Numbers
from controller.rollouts.plan import Decision, Pace, Plan
from controller.rollouts.planner import decide
from controller.rollouts.stages import Stage, TargetStage
from controller.salt.port import Job, Port, PortError

_Answer = TypeVar("_Answer")

PACE = Pace()

_log = logging.getLogger("vigie.rollouts")

#: After so long without a turn nobody looked: no time is held against a kiosk.
ASLEEP = timedelta(minutes=1)


class Driver:
    """One of them drives; `turn` is called about each second, always by the same thread."""

    def __init__(
        self, port: Port, numbers: Numbers, pace: Pace = PACE, *, listens: bool = True
    ) -> None:
        self._port, self._numbers, self._pace = port, numbers, pace
        self._listener = Listener(port) if listens else None
        self._last_turn: datetime | None = None
        self._awake_since: datetime | None = None
        self._away = ""
        self._asked_at = self._knocked_at = float("-inf")

    def turn(self, now: datetime) -> bool:
        """Look at every rollout that is not over; never more to do at once."""
        if self._last_turn is None or now - self._last_turn > ASLEEP:
            self._awake_since = now
        self._last_turn = now
        rollouts = tables.live(now)
        if not rollouts:
            return False
        if self._listener is not None:
            self._listener.listen()
        if self._away:
            self._knock()
        self._reconcile(now)
        for rollout_id in rollouts:
            self._drive(rollout_id, now)
        checkups.order(now)
        return False

    def _drive(self, rollout_id: UUID, now: datetime) -> None:
        decision = self._decide(rollout_id, now)
        if decision.give:
            self._give(rollout_id, decision.give, now)
        if decision.ask:
            self._ask(rollout_id, decision.ask, now)

    def _decide(self, rollout_id: UUID, now: datetime) -> Decision:
        """Mostly there is nothing new: who only looks keeps nobody from the database."""
        _, plan, decision = self._looked(rollout_id, now, is_locked=False)
        if decision.plan == plan:
            return decision
        with transaction.atomic():
            loaded, plan, decision = self._looked(rollout_id, now, is_locked=True)
            loaded.save(plan, decision, now, partial(self._numbers.new, now))
        if decision.plan.stage is not plan.stage:
            _log.info("rollout %s is %s %s", rollout_id, decision.plan.stage, decision.plan.reason)
        return decision

    def _looked(
        self, rollout_id: UUID, now: datetime, *, is_locked: bool
    ) -> tuple[tables.Loaded, Plan, Decision]:
        loaded = tables.Loaded(rollout_id, is_locked=is_locked)
        plan = loaded.plan(self._awake_since, is_salt_away=bool(self._away))
        of_interest = [one for one in plan.targets if _matters(plan, one.stage, one.wave)]
        windowed = [
            one.kiosk
            for one in of_interest
            if one.stage in (TargetStage.WAITING, TargetStage.APPLYING)
            and plan.waves[one.wave].keeps_window
        ]
        return loaded, plan, decide(plan, gather(of_interest, windowed, now), now, self._pace)

    def _give(self, rollout_id: UUID, kiosks: Collection[str], now: datetime) -> None:
        """Give the jobs that are written and were not given; each once for all of its kiosks."""
        for job in _jobs(rollout_id, kiosks):
            known = self._called(partial(self._port.submit, job))
            if known is None:
                return
            self._note_given(rollout_id, job, known, now)

    @transaction.atomic
    def _note_given(
        self, rollout_id: UUID, job: Job, known: Collection[str], now: datetime
    ) -> None:
        loaded = tables.Loaded(rollout_id, is_locked=True)
        was = loaded.plan(self._awake_since, is_salt_away=False)
        follower = Follower(was, self._pace, now)
        asked = frozenset(job.kiosks)
        targets = [
            (follower.given(one) if one.kiosk in known else follower.unknown(one))
            if one.kiosk in asked and one.jid == job.id and not one.is_given
            else one
            for one in was.targets
        ]
        loaded.save(
            was,
            Decision(replace(was, targets=tuple(targets))),
            now,
            partial(self._numbers.new, now),
        )

    def _ask(self, rollout_id: UUID, kiosks: Collection[str], now: datetime) -> None:
        """Ask kiosks after their jobs: one that is not at it and has nothing is given it again."""
        for jid, asked in _by_jid(rollout_id, kiosks).items():
            kept = self._called(partial(self._port.cached, jid, asked, self._pace.answer_s))
            if kept is None:
                return
            returning.store(kept, now)
            missing = set(asked) - {one.kiosk for one in kept}
            at_it: frozenset[str] | None = frozenset()
            if missing:
                at_it = self._called(partial(self._port.running, jid, missing, self._pace.answer_s))
            if at_it is None:
                return
            rows = Target.objects.filter(rollout=rollout_id, jid=jid)
            rows.filter(kiosk__in=asked).update(asked_at=now)
            # One that is offline answers nothing: what it knows is asked when it is back.
            lost = rows.filter(kiosk__in=missing - at_it, kiosk__status__is_online=True)
            lost.update(is_given=False)

    def _reconcile(self, now: datetime) -> None:
        """Ask the master for what nobody heard."""
        if time.monotonic() < self._asked_at + self._pace.reconcile_s:
            return
        self._asked_at = time.monotonic()
        for jid in _open_jids():
            found = self._called(partial(self._port.returns, jid))
            if found is None:
                return
            returning.store(found, now)

    def _knock(self) -> None:
        if time.monotonic() < self._knocked_at + self._pace.knock_s:
            return
        self._knocked_at = time.monotonic()
        self._called(partial(self._port.returns, "0" * 20))

    def _called(self, call: Callable[[], _Answer]) -> _Answer | None:
        """What Salt answers; None when it is away, which is said once."""
        try:
            answer = call()
        except PortError as err:
            if not self._away:
                _log.warning("Salt does not do as asked: %s; rollouts wait, trying on", err)
            self._away = str(err)
            self._knocked_at = time.monotonic()
            return None
        if self._away:
            _log.info("Salt answers again")
            self._away = ""
        return answer


def _matters(plan: Plan, stage: TargetStage, wave: int) -> bool:
    """Whether how the kiosk is has a say in what is decided."""
    if stage.is_under_way or plan.stage is Stage.REVERTING:
        return True
    is_moving = stage in (TargetStage.WAITING, TargetStage.SUCCEEDED)
    return plan.stage is Stage.RUNNING and is_moving and plan.waves[wave].has_begun


def _jobs(rollout_id: UUID, kiosks: Collection[str]) -> list[Job]:
    """One for each id. The stage tells what is to be done, whenever it is given."""
    rows = Target.objects.filter(
        rollout=rollout_id, kiosk__in=kiosks, is_given=False, stage__in=JOBS
    ).select_related("rollout")
    by_jid: dict[str, list[Target]] = defaultdict(list)
    for row in rows.order_by("jid", "kiosk_id"):
        by_jid[row.jid].append(row)
    return [_job(jid, of_one) for jid, of_one in by_jid.items()]


def _job(jid: str, rows: list[Target]) -> Job:
    stage = TargetStage(rows[0].stage)
    kwargs: dict[str, object] = {"saltenv": tables.release_of(rows[0], stage)}
    if stage is TargetStage.CHECKING:
        kwargs["test"] = True
    return Job(jid, "state.apply", tuple(row.kiosk_id for row in rows), kwargs=kwargs)


def _by_jid(rollout_id: UUID, kiosks: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = Target.objects.filter(rollout=rollout_id, kiosk__in=kiosks)
    for jid, kiosk in rows.exclude(jid="").values_list("jid", "kiosk_id"):
        found[jid].append(kiosk)
    return found


def _open_jids() -> list[str]:
    """Jobs that were given and have kiosks under way."""
    rows = Target.objects.filter(stage__in=JOBS, is_given=True).exclude(jid="")
    return sorted(set(rows.values_list("jid", flat=True)))
