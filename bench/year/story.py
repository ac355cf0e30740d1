"""What befalls the fleet in a year, drawn from a seed: faults that somebody must be told of, and
all that looks like one and is none."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from bench.year.fleet import Member, Span, openings
from bench.year.lives import Ailment, Aside, Life, Story
from bench.year.truth import Cause, Fault, Truth
from contract.health import Health
from simulator.parts import Fault as Ailing

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
#: At most one thing in each so many days befalls a kiosk, so that each fault is judged alone.
_SLOT_DAYS = 9
_HUB = ("camera", "microphone", "speakers", "barcode-reader", "handset")


def tell(members: Sequence[Member], seed: int, first: date, days: int) -> Story:
    """The year that begins at `first`; the same for the same arguments."""
    return _Teller(members, seed, first, days).tell()


class _Teller:
    def __init__(self, members: Sequence[Member], seed: int, first: date, days: int) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - a play, not a secret
        self._seed, self._days = seed, [first + n * _DAY for n in range(days)]
        opened: dict[str, list[list[Span]]] = {}
        for hours in {member.hours for member in members}:
            opened[hours] = openings(hours, self._days)
        self._lives = [Life(member, opened[member.hours]) for member in members]
        self._faults: list[Fault] = []
        self._noise: Counter[str] = Counter()
        self._wide: set[int] = set()  # the days with a fault of many
        self._start = datetime(first.year, first.month, first.day, tzinfo=UTC)

    def tell(self) -> Story:
        for life in self._lives:
            self._power(life)
        broker = self._wide_faults()
        for life in self._lives:
            self._own_faults(life)
            self._own_noise(life)
        truth = Truth(
            seed=self._seed,
            first=self._start,
            last=self._start + len(self._days) * _DAY,
            faults=tuple(sorted(self._faults, key=lambda fault: fault.began_at)),
            noise=dict(self._noise),
        )
        return Story(tuple(self._lives), tuple(broker), truth)

    # Switched on and off

    def _power(self, life: Life) -> None:
        if life.member.stays_on:
            end = self._start + (len(self._days) + 1) * _DAY
            life.powered.append(Span(self._start + 5 * _MINUTE, end))
            return
        for spans in life.opens:
            if not spans:
                continue
            start = spans[0].start - self._minutes(5, 20)
            if self._draw.random() < 0.05:
                start = spans[0].start + self._minutes(2, 10)
                self._noise["switched on late"] += 1
            life.powered.append(Span(start, spans[-1].end + self._minutes(5, 40)))
            self._noise["switched off at night"] += 1

    # Faults of many

    def _wide_faults(self) -> list[Span]:
        """Each department, provider and shared site twice a year; returns the broker's own."""
        kinds: tuple[tuple[Cause, Callable[[Member], str]], ...] = (
            (Cause.DEPARTMENT, lambda member: member.department),
            (Cause.PROVIDER, lambda member: member.provider),
            (Cause.SITE, lambda member: member.site),
        )
        broker: list[Span] = []
        acts: list[Callable[[], None]] = [self._platform_down] * 3
        acts += [lambda: broker.extend(self._broker_dark())] * 2
        for cause, name_of in kinds:
            counts = Counter(name_of(life.member) for life in self._lives)
            for name in sorted(name for name, count in counts.items() if count > 1):
                acts += [partial(self._dark, cause, name, name_of)] * 2
        self._draw.shuffle(acts)
        for act in acts[: math.ceil(len(acts) * len(self._days) / 365)]:
            act()
        return broker

    def _wide_span(self) -> Span | None:
        """A working day of its own, at an hour when hosts are open."""
        for _ in range(200):
            index = self._draw.randrange(5, max(6, len(self._days) - 3))
            open_here = [life for life in self._lives if len(life.opens[index]) > 0]
            if index in self._wide or len(open_here) < 0.8 * len(self._lives):
                continue
            self._wide.update((index, index + 1))
            morning = min(spans[0].start for life in open_here for spans in [life.opens[index]])
            start = morning.replace(minute=0) + 2 * _HOUR + self._minutes(0, 20)
            return Span(start, start + self._minutes(70, 240))
        return None

    def _there(self, life: Life, at: datetime) -> bool:
        """Switched on while its host is open, and for an hour more."""
        is_on = any(span.holds(at) and span.holds(at + _HOUR) for span in life.powered)
        return is_on and self._is_open(life, at) and self._is_open(life, at + _HOUR)

    def _is_open(self, life: Life, at: datetime) -> bool:
        return any(span.holds(at) for spans in life.opens for span in spans)

    def _dark(self, cause: Cause, name: str, name_of: Callable[[Member], str]) -> None:
        span = self._wide_span()
        if span is None:
            return
        struck = [life for life in self._lives if name_of(life.member) == name]
        hit = [life for life in struck if self._there(life, span.start)]
        if len(hit) < 2:
            return
        for life in struck:
            back = span.end + self._seconds(0, 300)
            life.cuts.append(Span(span.start + self._seconds(0, 20), back))
        self._fault(cause, hit, f"{cause} {name} is cut off", span)

    def _platform_down(self) -> None:
        span = self._wide_span()
        if span is None:
            return
        hit = [life for life in self._lives if self._there(life, span.start)]
        for life in self._lives:
            begun = span.start + self._seconds(0, 60)
            ended = span.end + self._seconds(0, 60)
            life.ailments.append(
                Ailment(Span(begun, ended), "video-platform", Health.FAILED, "unreachable")
            )
        self._fault(Cause.FLEET, hit, "the video platform is down", span, ("video-platform",))

    def _broker_dark(self) -> list[Span]:
        span = self._wide_span()
        if span is None:
            return []
        self._fault(Cause.BROKER, self._lives, "the broker is dark", span)
        return [span]

    # Faults of one

    def _own_faults(self, life: Life) -> None:
        for first in range(2, len(self._days) - _SLOT_DAYS, _SLOT_DAYS):
            if self._draw.random() < 0.75:
                self._one_fault(life, first)

    def _one_fault(self, life: Life, first: int) -> None:
        found = self._moment(life, range(first, first + 4))
        if found is None:
            return
        index, at = found
        kind = self._draw.choices(
            ("device", "hub", "dark", "not switched on", "flapping", "silenced"),
            (60, 7, 15, 8, 7, 3),
        )[0]
        if kind == "not switched on" and self._not_switched_on(life, index):
            return
        if kind == "hub":
            self._hub(life, at)
        elif kind == "dark":
            span = Span(at, at + self._minutes(80, 30 * 60))
            life.cuts.append(span)
            self._fault(Cause.KIOSK, [life], "its line is cut", span)
            self._history(life, span)
        else:
            self._device(life, at, kind)

    def _moment(self, life: Life, days: range) -> tuple[int, datetime] | None:
        """An instant on one of these days when it is on and its host open for long enough."""
        fit = [
            (index, span)
            for index in days
            if not {index, index + 1, index + 2, index + 3} & self._wide
            for span in life.opens[index]
            if span.length >= 3 * _HOUR
        ]
        if not fit:
            return None
        index, span = self._draw.choice(fit)
        room = (span.length - timedelta(minutes=130)) / _MINUTE
        return index, span.start + self._minutes(30, 30 + max(1.0, room))

    def _device(self, life: Life, at: datetime, kind: str) -> None:
        part, ailing = self._ailing(life)
        span = Span(at, at + self._minutes(95, 50 * 60))
        if kind == "flapping":
            span = Span(at, at + self._minutes(95, 240))
            for piece in self._pieces(span):
                life.ailments.append(Ailment(piece, part, ailing.health, ailing.reason))
        else:
            life.ailments.append(Ailment(span, part, ailing.health, ailing.reason))
        is_silenced = kind == "silenced"
        if is_silenced:
            life.asides.append(Aside(Span(at - _MINUTE, span.end + 4 * _DAY), is_silence=True))
        what = f"{part}: {ailing.reason}" + (" (flapping)" if kind == "flapping" else "")
        self._fault(Cause.DEVICE, [life], what, span, (part,), is_silenced=is_silenced)

    def _ailing(self, life: Life) -> tuple[str, Ailing]:
        part = self._draw.choice([part for part in life.member.parts if part.faults])
        return part.id, self._draw.choice(part.faults)

    def _pieces(self, span: Span) -> Iterator[Span]:
        at = span.start
        while at < span.end:
            end = min(at + self._minutes(8, 20), span.end)
            yield Span(at, end)
            at = end + self._minutes(0.3, 2)

    def _hub(self, life: Life, at: datetime) -> None:
        hanging = [part.id for part in life.member.parts if part.id in _HUB][:4]
        span = Span(at, at + self._minutes(95, 50 * 60))
        for device in hanging:
            moved = Span(span.start + self._seconds(0, 3), span.end + self._seconds(0, 3))
            life.ailments.append(Ailment(moved, device, Health.MISSING, "not-connected"))
        self._fault(Cause.KIOSK, [life], "a USB hub is dead", span, tuple(hanging))

    def _not_switched_on(self, life: Life, index: int) -> bool:
        opened = life.opens[index][0].start
        today = [span for span in life.powered if span.holds(life.opens[index][-1].end)]
        later = [span for span in life.powered if span.start > life.opens[index][-1].end]
        if life.member.stays_on or len(today) != 1 or not later:
            return False
        life.powered.remove(today[0])
        self._fault(Cause.KIOSK, [life], "it was not switched on", Span(opened, later[0].start))
        return True

    # What is no fault

    def _own_noise(self, life: Life) -> None:
        quiet = [n for n in range(2, len(self._days) - 4) if n not in self._wide]
        for index in self._draw.sample(quiet, min(25, len(quiet))):
            found = self._moment(life, range(index, index + 1))
            if found is None or self._is_troubled(life, found[1]):
                continue
            self._one_noise(life, found[1])

    def _one_noise(self, life: Life, at: datetime) -> None:
        kind = self._draw.choices(
            ("blip", "reboot", "wrong clock", "maintenance", "short cut"), (12, 7, 1, 1, 4)
        )[0]
        self._noise[kind] += 1
        if kind == "blip":
            part, ailing = self._ailing(life)
            span = Span(at, at + self._seconds(3, 25))
            life.ailments.append(Ailment(span, part, ailing.health, ailing.reason))
        elif kind == "reboot":
            life.cuts.append(Span(at, at + self._minutes(1.5, 4)))
        elif kind == "short cut":
            life.cuts.append(Span(at, at + self._minutes(0.1, 9)))
        elif kind == "wrong clock":
            life.wrong_clock.append(Span(at, at + 2 * _DAY))
        else:
            part, ailing = self._ailing(life)
            self._noise["faults in maintenance"] += 1
            life.asides.append(Aside(Span(at, at + 8 * _HOUR), is_silence=False))
            span = Span(at + 10 * _MINUTE, at + 5 * _HOUR)
            life.ailments.append(Ailment(span, part, ailing.health, ailing.reason))

    def _is_troubled(self, life: Life, at: datetime) -> bool:
        """Whether something befalls it within three days of `at`."""
        near = Span(at - 3 * _DAY, at + 3 * _DAY)
        spans = [*life.cuts, *(one.span for one in life.ailments), *life.wrong_clock]
        spans += [one.span for one in life.asides]
        return any(one.start < near.end and near.start < one.end for one in spans)

    def _history(self, life: Life, cut: Span) -> None:
        """While it is cut off a device fails and comes back: told later, it is history."""
        part, ailing = self._ailing(life)
        begun = cut.start + 10 * _MINUTE
        span = Span(begun, begun + self._minutes(5, 40))
        life.ailments.append(Ailment(span, part, ailing.health, ailing.reason))
        self._noise["faults told afterwards"] += 1

    def _fault(
        self,
        cause: Cause,
        lives: Sequence[Life],
        what: str,
        span: Span,
        devices: tuple[str, ...] = (),
        *,
        is_silenced: bool = False,
    ) -> None:
        kiosks = tuple(sorted(life.member.id for life in lives))
        number = len(self._faults) + 1
        self._faults.append(
            Fault(
                number, cause, kiosks, what, span.start, span.end, devices, is_silenced=is_silenced
            )
        )

    def _minutes(self, low: float, high: float) -> timedelta:
        return self._draw.uniform(low, high) * _MINUTE

    def _seconds(self, low: float, high: float) -> timedelta:
        return timedelta(seconds=self._draw.uniform(low, high))
