"""Simulated visitors and remedies: said as the agent says them."""

from itertools import pairwise

from contract.health import DeviceState, Health, is_in_session
from contract.messages import Event
from simulator.kiosk import Kiosk, State, begin, furnish, reboot, step
from simulator.schedule import Level
from simulator.visits import Visit, remedies, told

STARTED = "2026-01-01T00:00:00+00:00"
NOON = Visit(100.0, 1300.0, "2026-01-01T00:01:40+00:00")
GONE = DeviceState("camera", "camera", Health.MISSING, ("not-connected",))
WELL = DeviceState("camera", "camera", Health.OK)


def kiosk(level: Level = Level.MANY, name: str = "pvp-63003-1") -> Kiosk:
    return furnish(name, "pvp", 7, level, STARTED)


def life(one: Kiosk, until: float = 24 * 3600.0) -> list[State]:
    states = [begin(one, 0.0)]
    while states[-1].turn_at < until:
        states.append(step(one, states[-1], states[-1].turn_at))
    return states


def test_a_kiosk_has_visitors_and_its_session_says_so() -> None:
    states = life(kiosk())
    assert {is_in_session(state.devices) for state in states} == {True, False}
    assert all(is_in_session(state.devices) is (state.visit is not None) for state in states)


def test_a_visit_comes_and_goes_at_a_turn_and_is_told_whole() -> None:
    events = [
        event
        for before, after in pairwise(life(kiosk()))
        for event in told(before.visit, after.visit, before.turn_at)
    ]
    ended = [event for event in events if event.name == "session-ended"]
    begun = [event.facts["at"] for event in events if event.name == "session-started"]
    whole = [event for event in ended if "is_cut_short" not in event.facts]
    assert len(whole) > 2
    assert all(600 <= float(event.facts["duration_s"]) <= 1800 for event in whole)
    assert {event.facts["began_at"] for event in ended[1:]} <= set(begun)


def test_a_restart_ends_a_visit_and_says_that_it_was_cut_short() -> None:
    one = kiosk()
    busy = next(state for state in life(one) if state.visit is not None)
    assert busy.visit is not None
    now = busy.visit.start + 60
    after = reboot(one, busy, now)
    assert after.visit is None
    (event,) = told(busy.visit, after.visit, now)
    assert event.facts == {
        "began_at": busy.visit.began_at,
        "duration_s": 60.0,
        "is_cut_short": True,
    }


def test_one_visit_after_the_other_is_an_end_and_a_start() -> None:
    later = Visit(2000.0, 3000.0, "2026-01-01T00:33:20+00:00")
    names = [event.name for event in told(NOON, later, 2001.0)]
    assert names == ["session-ended", "session-started"]
    assert told(NOON, NOON, 200.0) == ()


def test_a_quiet_fleet_has_no_visitors() -> None:
    assert not any(state.visit for state in life(kiosk(Level.NONE)))


def test_a_fleet_shows_a_few_visits_at_any_time() -> None:
    fleet = [kiosk(Level.SOME, name=f"pvp-63003-{number}") for number in range(100)]
    assert 0 < sum(begin(one, 0.0).visit is not None for one in fleet) < 10


def drawn(before: DeviceState, after: DeviceState) -> list[tuple[Event, ...]]:
    return [remedies(str(number), (before,), (after,)) for number in range(100)]


def test_some_of_those_that_come_back_were_cured() -> None:
    found = [[event.name for event in events] for events in drawn(GONE, WELL)]
    assert [] in found
    assert ["recovery-tried"] in found


def test_some_of_those_that_break_are_given_up_with_the_reason() -> None:
    found = [events for events in drawn(WELL, GONE) if events]
    assert 0 < len(found) < 100
    tried, gave_up = found[0]
    assert tried.facts["worked"] is False
    assert (gave_up.name, gave_up.facts) == ("recovery-gave-up", {"reason": "no-rung-left"})


def test_nothing_is_tried_against_an_empty_tray() -> None:
    empty = DeviceState("printer", "printer", Health.FAILED, ("media-empty",))
    assert set(drawn(DeviceState("printer", "printer", Health.OK), empty)) == {()}
