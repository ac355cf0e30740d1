"""A simulated kiosk's visitors, and what becomes of its broken peripherals: as events. Pure.

A visit is a spell of the fleet's clock; it says of itself what the real agent says.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.events import EventName
from contract.health import DeviceState, FactValue, Health
from contract.messages import Event
from simulator.schedule import SESSIONS, Level, spell

#: Id and kind of the device that tells of them.
SESSION = "session"
_GIVES_UP = 0.25  # of those that break: the kiosk has tried all it may
_CURES = 0.5  # of those that come back: the kiosk did it
_RUNGS = ("rebind", "power-cycle")
#: What a machine may cure by itself.
_CURABLE = frozenset({"not-connected", "timed-out", "no-frames", "io-error", "page-frozen"})


@dataclass(frozen=True, slots=True)
class Visit:
    """A citizen is at the kiosk from `start` to `end`, in seconds of the fleet's clock."""

    start: float
    end: float
    began_at: str  # ISO 8601


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the fleet's clock is in the world's: `speed` seconds of it in each real one."""

    started: str  # ISO 8601
    speed: float = 1.0

    def at(self, moment: float) -> str:
        """ISO 8601, UTC.

        >>> Calendar("2026-11-24T10:00:00+00:00", speed=60).at(120)
        '2026-11-24T10:00:02+00:00'
        """
        started = datetime.fromisoformat(self.started)
        return (started.astimezone(UTC) + timedelta(seconds=moment / self.speed)).isoformat()


def visit(
    key: str, level: Level, phase_s: float, booted: float, now: float, calendar: Calendar
) -> Visit | None:
    """Who is there at `now`; a boot ends a visit."""
    found = spell(SESSIONS[level], key, now + phase_s)
    if found is None or found.start - phase_s < booted:
        return None
    start = found.start - phase_s
    return Visit(start, found.end - phase_s, calendar.at(start))


def device(visit: Visit | None) -> DeviceState:
    """A session as the agent says it: it ails from nothing."""
    facts: dict[str, FactValue] = {"in_session": visit is not None}
    if visit is not None:
        facts["began_at"] = visit.began_at
    return DeviceState(SESSION, SESSION, Health.OK, (), {}, facts)


def told(before: Visit | None, after: Visit | None, now: float) -> tuple[Event, ...]:
    """What is to be said when the one becomes the other at `now`."""
    events = []
    if before is not None and before != after:
        facts: dict[str, FactValue] = {
            "began_at": before.began_at,
            "duration_s": round(min(now, before.end) - before.start, 1),
        }
        if now < before.end:
            facts["is_cut_short"] = True
        events.append(Event(EventName.SESSION_ENDED, SESSION, facts))
    if after is not None and before != after:
        events.append(Event(EventName.SESSION_STARTED, SESSION, {"at": after.began_at}))
    return tuple(events)


def remedies(
    key: str, before: tuple[DeviceState, ...], after: tuple[DeviceState, ...]
) -> tuple[Event, ...]:
    """What the kiosk tried meanwhile, for some of those that broke or came back."""
    was = {state.id: state for state in before}
    events: list[Event] = []
    for state in after:
        old = was.get(state.id, state)
        if (old.health, old.reasons) == (state.health, state.reasons):
            continue
        draw = random.Random(f"{key}/{state.id}/{old.reasons}/{state.reasons}")  # noqa: S311 - no secret
        rung = draw.choice(_RUNGS)
        if state.health is Health.OK and _is_curable(old) and draw.random() < _CURES:
            events.append(_tried(state.id, rung, has_worked=True))
        elif _is_curable(state) and draw.random() < _GIVES_UP:
            events.append(_tried(state.id, rung, has_worked=False))
            facts: dict[str, FactValue] = {"reason": "no-rung-left"}
            events.append(Event(EventName.RECOVERY_GAVE_UP, state.id, facts))
    return tuple(events[:8])


def _is_curable(state: DeviceState) -> bool:
    return bool(_CURABLE.intersection(state.reasons))


def _tried(device: str, rung: str, *, has_worked: bool) -> Event:
    return Event(EventName.RECOVERY_TRIED, device, {"rung": rung, "worked": has_worked})
