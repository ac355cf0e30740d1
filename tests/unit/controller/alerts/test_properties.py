"""Whatever happens to a fleet, and however often it is looked at, the same is told, and once."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.alerts import timers
from controller.alerts.alert import Alert, Event, State, Told
from controller.alerts.engine import decide
from tests.alarms import MINUTE, TOWN_HALL, Stage

KIOSKS = ("k1", "k2", "k3", "k4", "k5")
_DEED = st.one_of(
    st.tuples(st.just("dark"), st.sampled_from(KIOSKS)),
    st.tuples(st.just("back"), st.sampled_from(KIOSKS)),
    st.tuples(
        st.sampled_from(("failed", "missing", "ok", "unknown")),
        st.sampled_from(KIOSKS),
        st.sampled_from(("camera", "printer")),
    ),
    st.tuples(st.sampled_from(("broker-away", "broker-back"))),
    st.tuples(st.sampled_from(("silence", "maintenance")), st.sampled_from(KIOSKS)),
)
#: What happens, and how many minutes after the one before.
Deeds = list[tuple[int, tuple[str, ...]]]
DEEDS = st.lists(st.tuples(st.integers(0, 45), _DEED), max_size=14)


def fleet() -> Stage:
    stage = Stage()
    for name in KIOSKS:
        stage.kiosk(name, provider="Orange", site="s1" if name in ("k1", "k2") else name)
    stage.say("k5", hours=TOWN_HALL, provider="SFR")
    return stage


def do(stage: Stage, deed: tuple[str, ...]) -> None:
    name, *rest = deed
    if name == "dark" and stage.world.kiosks[rest[0]].is_online:
        stage.dark(rest[0])
    elif name == "back" and not stage.world.kiosks[rest[0]].is_online:
        stage.back(rest[0])
    elif name == "broker-away" and not stage.world.conditions:
        stage.condition("broker-away")
    elif name == "broker-back" and stage.world.conditions:
        stage.condition()
    elif name in ("silence", "maintenance"):
        stage.quiet(is_maintenance=name == "maintenance", lasts=40 * MINUTE, kiosk=rest[0])
    elif len(rest) == 2 and stage.world.kiosks[rest[0]].is_online:
        stage.device(rest[1], name, of=rest[0])


@dataclass(slots=True)
class Thrifty:
    """Looks only at what was touched and at what is due, as the evaluation of turns does."""

    stage: Stage = field(default_factory=fleet)
    due: dict[str, datetime | None] = field(default_factory=dict)

    def until(self, end: datetime) -> None:
        while (at := min((at for at in self.due.values() if at), default=None)) and at <= end:
            self.stage.now = at
            ripe = {name for name, when in self.due.items() if when is not None and when <= at}
            self.look(set(KIOSKS) if "" in ripe else ripe)
        self.stage.now = end

    def look(self, names: set[str]) -> None:
        stage = self.stage
        decided = decide(stage.world, stage.book, names & set(KIOSKS), stage.now)
        for change in decided.changes:
            stage.told += [(stage.now, change.after, event) for event in change.events]
        self.due |= decided.due
        ends = [decided.apart_due, timers.quiets(stage.world, stage.now)]
        self.due[""] = min((at for at in ends if at is not None), default=None)


def thrifty(deeds: Deeds) -> Stage:
    play = Thrifty()
    play.look(set(KIOSKS))
    for minutes, deed in deeds:
        play.until(play.stage.now + minutes * MINUTE)
        do(play.stage, deed)
        play.look({deed[1]} if len(deed) > 1 and deed[0] not in ("silence",) else set(KIOSKS))
    play.until(play.stage.now + 150 * MINUTE)
    return play.stage


def lavish(deeds: Deeds, step: timedelta) -> Stage:
    stage = fleet()
    stage.turn()
    for minutes, deed in deeds:
        stage.passes(minutes * MINUTE, step)
        do(stage, deed)
        stage.turn()
    stage.passes(150 * MINUTE, step)
    return stage


def said(stage: Stage) -> list[tuple[datetime, str, str, tuple[str, ...]]]:
    return sorted(
        (when, str(event.name), alert.fingerprint, event.tells)
        for when, alert, event in stage.told
        if event.tells
    )


@given(DEEDS)
@settings(max_examples=80, deadline=None)
def test_looking_only_at_what_was_touched_or_is_due_tells_the_same(deeds: Deeds) -> None:
    assert said(thrifty(deeds)) == said(lavish(deeds, MINUTE))


@given(DEEDS)
@settings(max_examples=60, deadline=None)
def test_looking_twice_at_one_instant_decides_nothing_more(deeds: Deeds) -> None:
    stage = fleet()
    for minutes, deed in deeds:
        stage.passes(minutes * MINUTE, 5 * MINUTE)
        do(stage, deed)
        stage.turn()
        assert stage.turn() == 0


@given(DEEDS)
@settings(max_examples=60, deadline=None)
def test_nothing_fires_or_ends_twice_and_nobody_is_told_of_an_end_before_a_begin(
    deeds: Deeds,
) -> None:
    stage = lavish(deeds, 5 * MINUTE)
    lives: Counter[str] = Counter()
    for _, alert, event in stage.told:
        lives[alert.fingerprint] += _step(event)
        assert 0 <= lives[alert.fingerprint] <= 1
        if event.name is Told.RESOLVED:
            assert set(event.tells) <= {"it", "boss"}


@given(DEEDS)
@settings(max_examples=60, deadline=None)
def test_what_fires_in_the_end_is_true_or_hidden(deeds: Deeds) -> None:
    stage = lavish(deeds, 5 * MINUTE)
    for alert in stage.book.all():
        if alert.state is State.FIRING:
            assert _is_true(stage, alert)


def _step(event: Event) -> int:
    return {Told.FIRED: 1, Told.RESOLVED: -1}.get(event.name, 0)


def _is_true(stage: Stage, alert: Alert) -> bool:
    kiosks = stage.world.kiosks
    if alert.cause == "controller":
        return bool(stage.world.conditions)
    if alert.is_wide:
        return stage.world.is_deaf or any(not kiosks[name].is_online for name in alert.members)
    kiosk = kiosks[alert.kiosk]
    if alert.rule in ("offline", "not-on"):
        return not kiosk.is_online or stage.world.is_deaf
    if not kiosk.is_online:
        return True  # nothing can be known of its devices
    named = {alert.device, *alert.details.get("devices", ())}
    return any(one.device in named and one.health != "ok" for one in kiosk.devices)
