"""The year played straight into ingest's store, the engine and the stages of telling, each given
the year's own time: as fast as the machine can."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bench.year import stage
from bench.year.lives import Story
from bench.year.strokes import Stroke, strokes
from contract.messages import Inventory, Message, Outcome, Presence, encode
from contract.topics import Channel
from controller.alerts import evaluate
from controller.commands import outcomes
from controller.ingest.arrivals import Heard
from controller.ingest.store import Store
from controller.notify import deliver

#: What comes within so many seconds is one batch, as it is of ingest under load.
QUANTUM_S = 10
#: Messages leave within the grouping time; each of these after a decision is a chance to.
_AFTER = tuple(timedelta(seconds=seconds) for seconds in (0, 25, 60))


def play(story: Story, progress: Callable[[datetime], None]) -> None:
    """Live through the whole year."""
    store = Store("vigie-ingest", outcomes.heard, rejected_rows=1000)
    teller = _Teller()
    for now, group in batches(strokes(story)):
        _pass_until(now, teller)
        heard = [_heard(stroke, stroke.said) for stroke in group if stroke.said is not None]
        if heard:
            store.commit(heard, [], now)
        for stroke in group:
            if stroke.deed is not None:
                stage.do(stroke)
        _turn(now, teller)
        progress(now)
    _pass_until(story.truth.last, teller)


def batches(told: Iterator[Stroke]) -> Iterator[tuple[datetime, list[Stroke]]]:
    """Strokes by the quantum, each with the instant at which it is over."""
    for number, group in itertools.groupby(told, lambda one: int(one.at.timestamp()) // QUANTUM_S):
        yield datetime.fromtimestamp((number + 1) * QUANTUM_S, UTC), list(group)


class _Teller:
    """When messages may have to leave."""

    def __init__(self) -> None:
        self.due: list[datetime] = []

    def decided(self, now: datetime) -> None:
        self.due = sorted({*self.due, *(now + after for after in _AFTER)})

    def until(self, now: datetime) -> None:
        while self.due and self.due[0] <= now:
            at = self.due.pop(0)
            while deliver.turn(at):
                pass


def _turn(now: datetime, teller: _Teller) -> None:
    if evaluate.turn(now):
        teller.decided(now)
    teller.until(now)


def _pass_until(now: datetime, teller: _Teller) -> None:
    """Time alone decides some things."""
    while (due := evaluate.due()) is not None and due < now:
        teller.until(due)
        _turn(due, teller)
    teller.until(now)


def _heard(stroke: Stroke, said: Message) -> Heard:
    return Heard(stroke.kiosk, channel_of(said), said, encode(said))


def channel_of(said: Message) -> Channel:
    """Where a message is said."""
    if isinstance(said, Presence):
        return Channel.PRESENCE
    if isinstance(said, Inventory):
        return Channel.INVENTORY
    return Channel.OUTCOME if isinstance(said, Outcome) else Channel.REPORT
