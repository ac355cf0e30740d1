"""What the controller hears of a year: messages of the contract, each at its instant."""

import heapq
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bench.year.fleet import Span
from bench.year.lives import Ailment, Aside, Life, Story
from contract import RELEASE
from contract.health import DeviceState, Health, verdict
from contract.messages import Declared, Durable, Inventory, Message, Presence, Report

_FULL_EVERY = timedelta(hours=1)
#: The broker misses a kiosk after one and a half times its keepalive of 60 s.
_WILL_AFTER_S = (20.0, 90.0)


class Deed(StrEnum):
    """What people do meanwhile."""

    ASIDE = "aside"  # put into maintenance
    BACK = "back"
    SILENCED = "silenced"
    BROKER_DARK = "broker-dark"
    BROKER_BACK = "broker-back"


@dataclass(frozen=True, slots=True)
class Stroke:
    """One thing that reaches the controller at `at`."""

    at: datetime
    kiosk: str
    said: Message | None = None
    deed: Deed | None = None
    until: datetime | None = None  # of a silence


def strokes(story: Story) -> Iterator[Stroke]:
    """All of the year in order."""
    lives = [_Speech(life, story).strokes() for life in story.lives]
    dark = [
        stroke
        for span in sorted(story.broker, key=lambda span: span.start)
        for stroke in (
            Stroke(span.start, "", deed=Deed.BROKER_DARK),
            Stroke(span.end, "", deed=Deed.BROKER_BACK),
        )
    ]
    last = story.truth.last
    merged = heapq.merge(*lives, dark, key=lambda stroke: stroke.at)
    return itertools.takewhile(lambda stroke: stroke.at < last, merged)


def online(powered: Sequence[Span], cuts: Sequence[Span]) -> list[Span]:
    """When a kiosk is connected: switched on and not cut off.

    >>> from datetime import UTC
    >>> def hours(a: int, b: int) -> Span:
    ...     return Span(datetime(2026, 1, 1, a, tzinfo=UTC), datetime(2026, 1, 1, b, tzinfo=UTC))
    >>> [(s.start.hour, s.end.hour) for s in online([hours(8, 18)], [hours(10, 12)])]
    [(8, 10), (12, 18)]
    """
    left = list(powered)
    for cut in cuts:
        parts = []
        for span in left:
            if cut.end <= span.start or span.end <= cut.start:
                parts.append(span)
                continue
            if span.start < cut.start:
                parts.append(Span(span.start, cut.start))
            if cut.end < span.end:
                parts.append(Span(cut.end, span.end))
        left = parts
    return sorted(left, key=lambda span: span.start)


class _Speech:
    """One kiosk's words in its year."""

    def __init__(self, life: Life, story: Story) -> None:
        self._life = life
        self._id = life.member.id
        self._draw = random.Random(f"{story.truth.seed}/{self._id}/says")  # noqa: S311
        self._required = frozenset(part.id for part in life.member.parts if part.is_required)
        self._broker = story.broker
        self._seq = 0
        self._epoch = f"{self._draw.getrandbits(64):016x}"
        self._session = self._boot = ""
        self._turns = sorted(
            turn for one in life.ailments for turn in (one.span.start, one.span.end)
        )

    def strokes(self) -> Iterator[Stroke]:
        """In order."""
        return iter(heapq.merge(self._words(), self._deeds(), key=lambda stroke: stroke.at))

    def _deeds(self) -> list[Stroke]:
        done = [stroke for aside in self._life.asides for stroke in self._aside(aside)]
        return sorted(done, key=lambda stroke: stroke.at)

    def _aside(self, aside: Aside) -> Iterator[Stroke]:
        span = aside.span
        if aside.is_silence:
            yield Stroke(span.start, self._id, deed=Deed.SILENCED, until=span.end)
        else:
            yield Stroke(span.start, self._id, deed=Deed.ASIDE)
            yield Stroke(span.end, self._id, deed=Deed.BACK)

    def _words(self) -> Iterator[Stroke]:
        # A dark broker hears no will: kiosks are silent, and nobody says that they are gone.
        wills = online(self._life.powered, self._life.cuts)
        spans = online(wills, self._broker)
        ends = {span.end for span in wills}
        said_until: datetime | None = None
        for number, span in enumerate(spans):
            self._session = f"{self._draw.getrandbits(64):016x}"
            self._boot = f"boot-{span.start:%Y%m%d%H%M%S}"
            yield from self._connect(span, said_until)
            yield from self._connected(span)
            said_until = span.end
            gone = span.end + timedelta(seconds=self._draw.uniform(*_WILL_AFTER_S))
            back = spans[number + 1].start if number + 1 < len(spans) else None
            if span.end in ends and (back is None or gone < back):
                yield Stroke(gone, self._id, self._presence(span.end, is_online=False))

    def _connect(self, span: Span, said_until: datetime | None) -> Iterator[Stroke]:
        at = span.start
        yield Stroke(at, self._id, self._presence(at, is_online=True))
        declared = tuple(
            Declared(part.id, part.kind, part.is_required) for part in self._life.member.parts
        )
        yield Stroke(at, self._id, Inventory(at, self._boot, RELEASE, {}, declared))
        # What its outbox kept: it is told when it is long over.
        for turn in self._turns:
            if said_until is not None and said_until <= turn < at and self._ran(turn):
                yield Stroke(at, self._id, self._report(turn, is_full=False))
        yield Stroke(at, self._id, self._report(at, is_full=True))

    def _ran(self, at: datetime) -> bool:
        return any(span.holds(at) for span in self._life.powered)

    def _connected(self, span: Span) -> Iterator[Stroke]:
        hourly = []
        at = span.start.replace(minute=sum(map(ord, self._id)) % 6 * 10, second=30, microsecond=0)
        while at < span.end:
            if at > span.start:
                hourly.append((at, True))
            at += _FULL_EVERY
        turns = [(turn, False) for turn in self._turns if span.start < turn < span.end]
        for at, is_full in sorted((*hourly, *turns)):
            yield Stroke(at, self._id, self._report(at, is_full=is_full))

    def _presence(self, at: datetime, *, is_online: bool) -> Presence:
        reason = "connected" if is_online else "lost"
        return Presence(self._session, is_online, at, self._boot, RELEASE, reason)

    def _report(self, at: datetime, *, is_full: bool) -> Report:
        self._seq += 1
        devices = self._devices(at)
        clock = next((span for span in self._life.wrong_clock if span.holds(at)), None)
        said_at, is_trusted = at, True
        if clock is not None:
            # One half of dead clocks are known to be dead, the other half is believed.
            is_trusted = bool(self._seq % 2)
            said_at = at - timedelta(days=400) if self._seq % 4 < 2 else at + timedelta(days=3)
        return Report(
            epoch=self._epoch,
            seq=self._seq,
            floor=1,
            at=said_at,
            clock_trusted=is_trusted,
            boot_id=self._boot,
            is_full=is_full,
            # Between full reports a kiosk says what changed; all that may have is enough here.
            devices=devices if is_full else self._changed(at, devices),
            verdict=verdict(devices, self._required),
        )

    def _changed(self, at: datetime, devices: tuple[DeviceState, ...]) -> tuple[DeviceState, ...]:
        named = {one.device for one in self._life.ailments if at in (one.span.start, one.span.end)}
        return tuple(state for state in devices if state.id in named)

    def _devices(self, at: datetime) -> tuple[DeviceState, ...]:
        ailing: dict[str, Ailment] = {
            one.device: one for one in self._life.ailments if one.span.holds(at)
        }
        return tuple(
            DeviceState(part.id, part.kind, Health.OK)
            if (one := ailing.get(part.id)) is None
            else DeviceState(part.id, part.kind, one.health, (one.reason,))
            for part in self._life.member.parts
        )


def is_durable(said: Message | None) -> bool:
    """Whether the kiosk keeps it until the controller has it."""
    return isinstance(said, Durable)
