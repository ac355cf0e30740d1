"""Which kiosks of a batch come next: the plan and how far it is -> what to do now. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Turn(StrEnum):
    """How far one kiosk of a batch is."""

    WAITING = "waiting"
    ORDERED = "ordered"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # refused, expired and unknown too: its reason tells
    SKIPPED = "skipped"  # the batch ended before its turn

    @property
    def is_over(self) -> bool:
        """Whether no more comes of it."""
        return self in (Turn.SUCCEEDED, Turn.FAILED, Turn.SKIPPED)


class End(StrEnum):
    """How a batch ends by itself."""

    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a batch goes on."""

    at_a_time: int
    pause: timedelta
    stop_after_failures: int  # 0: never
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One kiosk, in the order of the list."""

    position: int
    turn: Turn
    ended_at: datetime | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The positions to order now; those never to be ordered; how it ends, if it does."""

    order: tuple[int, ...] = ()
    skip: tuple[int, ...] = ()
    end: End | None = None


def decide(plan: Plan, items: Sequence[Item], now: datetime) -> Decision:
    """What to do at `now`. Asked again without anything changed, it says the same.

    At most `at_a_time` are under way; one is ordered no sooner than `pause` after another's end.
    At the N-th failure nothing more is ordered; what is under way goes to its end.
    """
    failures = sum(item.turn is Turn.FAILED for item in items)
    under_way = sum(item.turn is Turn.ORDERED for item in items)
    waiting = [item for item in items if item.turn is Turn.WAITING]
    if plan.stop_after_failures and failures >= plan.stop_after_failures and waiting:
        return Decision(skip=_positions(waiting), end=End.STOPPED)
    if now >= plan.expires_at and waiting:
        return Decision(skip=_positions(waiting), end=None if under_way else End.DONE)
    if not waiting:
        return Decision(end=None if under_way else End.DONE)
    ended = [item.ended_at for item in items if item.ended_at is not None]
    if ended and now < max(ended) + plan.pause:
        return Decision()
    free = max(0, plan.at_a_time - under_way)
    ready = [item for item in waiting if item.not_before is None or item.not_before <= now]
    return Decision(order=_positions(ready[:free]))


def _positions(items: Sequence[Item]) -> tuple[int, ...]:
    return tuple(item.position for item in items)
