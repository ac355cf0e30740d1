"""How one simulated kiosk lives: a pure function of its seed, its last boot and the time."""

import math
import random
import uuid
from dataclasses import dataclass, replace

from contract.health import DeviceState, Health, Verdict, verdict
from contract.messages import Declared
from simulator.parts import EXPERT, PVP, Fault, Part
from simulator.schedule import DARKNESS, DEVICES, SESSIONS, Level, Spell, next_turn, spell
from simulator.visits import SESSION, Calendar, Visit
from simulator.visits import device as session
from simulator.visits import visit as visit_of

_HAIR_S = 0.001
_WAVE_S = 5400.0  # a metric wanders up and down in about this time
_BROKEN = Fault(Health.FAILED, "timed-out")
_FIRST_BOOT_S = 9 * 86400.0  # kiosks have been up for at most this long when the run begins


@dataclass(frozen=True, slots=True)
class Kiosk:
    """What never changes during a run. Boot ids are drawn from `run`: no two runs share one."""

    id: str
    parts: tuple[Part, ...]
    seed: int
    level: Level
    run: str
    phase_s: float  # keeps the fleet out of step
    speed: float = 1.0  # seconds of the fleet's clock in each real one

    @property
    def required(self) -> frozenset[str]:
        """Ids of the devices without which no citizen can be received."""
        return frozenset(part.id for part in self.parts if part.is_required)

    @property
    def declared(self) -> tuple[Declared, ...]:
        """What this kiosk is meant to have."""
        return tuple(Declared(part.id, part.kind, part.is_required) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Boot:
    """One boot of the kiosk; `at` is in seconds of the fleet's clock, negative before the run."""

    id: str
    at: float
    count: int = 0
    broken: frozenset[str] = frozenset()  # parts that an update broke: a reboot does not help


@dataclass(frozen=True, slots=True)
class State:
    """A kiosk at one instant. Nothing about it changes before `turn_at` unless it reboots."""

    boot: Boot
    devices: tuple[DeviceState, ...]
    turn_at: float
    dark: Spell | None = None  # no line or no mains
    visit: Visit | None = None  # a citizen is there

    @property
    def has_lost_power(self) -> bool:
        """Whether it is the mains that are cut, not only the line."""
        return self.dark is not None and self.dark.choice < 0.5


def furnish(kiosk: str, kind: str, seed: int, level: Level, run: str, speed: float = 1.0) -> Kiosk:
    """A kiosk of `kind` (`pvp` or `expert`) with the parts its seed gives it.

    `run` is when the run began, ISO 8601.
    """
    draw = _draw(seed, kiosk, "parts")
    phase_s = draw.uniform(0, 86400)
    wanted = EXPERT if kind == "expert" else PVP
    parts = tuple(part for part in wanted if draw.random() < part.share)
    return Kiosk(kiosk, parts, seed, level, run, phase_s, speed)


def begin(kiosk: Kiosk, now: float) -> State:
    """The kiosk at the first instant of a run."""
    uptime_s = _draw(kiosk.seed, kiosk.id, "uptime").uniform(600, _FIRST_BOOT_S)
    return step(kiosk, State(_boot(kiosk, now - uptime_s, 0), (), now), now)


def step(kiosk: Kiosk, state: State, now: float) -> State:
    """The kiosk at `now`: what its parts are, and whether it is in the dark.

    When the mains come back it has booted anew.
    """
    rhythm = DARKNESS[kiosk.level]
    key = f"{kiosk.seed}/{kiosk.id}/dark"
    dark = spell(rhythm, key, now)
    if dark is None and state.has_lost_power:
        state = reboot(kiosk, state, now)
    turns = [next_turn(rhythm, key, now)]
    turns += [
        next_turn(DEVICES[kiosk.level], _key(kiosk, part), now + kiosk.phase_s) - kiosk.phase_s
        for part in kiosk.parts
    ]
    visits = next_turn(SESSIONS[kiosk.level], _visits(kiosk), now + kiosk.phase_s)
    turns.append(visits - kiosk.phase_s)
    # A hair later: sums of floats must not bring us back to the instant before the turn.
    turn_at = min(turns) + _HAIR_S
    return replace(_looked_at(kiosk, state, state.boot, now), turn_at=turn_at, dark=dark)


def reboot(kiosk: Kiosk, state: State, now: float) -> State:
    """The kiosk after a new boot at `now`: some faults do not survive it."""
    boot = _boot(kiosk, now, state.boot.count + 1)
    return _looked_at(kiosk, state, replace(boot, broken=state.boot.broken), now)


def updated(kiosk: Kiosk, state: State, broken: frozenset[str], now: float) -> State:
    """The kiosk once a release was applied that leaves these parts broken, and no others."""
    return _looked_at(kiosk, state, replace(state.boot, broken=broken), now)


def measure(kiosk: Kiosk, boot: Boot, now: float) -> tuple[DeviceState, ...]:
    """Every device of the kiosk as a full report would say it at `now`."""
    parts = (_device(kiosk, part, boot, now) for part in kiosk.parts)
    return (*parts, session(_visit(kiosk, boot, now)))


def judge(kiosk: Kiosk, devices: tuple[DeviceState, ...]) -> Verdict:
    """Whether a citizen can be received."""
    return verdict(devices, kiosk.required)


def changes(
    before: tuple[DeviceState, ...], after: tuple[DeviceState, ...]
) -> tuple[DeviceState, ...]:
    """The devices whose health, reasons or facts are news. Metrics alone are not."""
    known = {device.id: (device.health, device.reasons, device.facts) for device in before}
    return tuple(
        device
        for device in after
        if known.get(device.id) != (device.health, device.reasons, device.facts)
    )


def _looked_at(kiosk: Kiosk, state: State, boot: Boot, now: float) -> State:
    devices = measure(kiosk, boot, now)
    return replace(state, boot=boot, devices=devices, visit=_visit(kiosk, boot, now))


def _visit(kiosk: Kiosk, boot: Boot, now: float) -> Visit | None:
    calendar = Calendar(kiosk.run, kiosk.speed)
    return visit_of(_visits(kiosk), kiosk.level, kiosk.phase_s, boot.at, now, calendar)


def _device(kiosk: Kiosk, part: Part, boot: Boot, now: float) -> DeviceState:
    fault = _fault(kiosk, part, boot, now)
    reason = fault.reason if fault is not None else ""
    metrics = {
        metric.name: _wander(kiosk, f"{part.id}/{metric.name}", metric.low, metric.high, now)
        if (shown := metric.under(reason)) is None
        else shown
        for metric in part.metrics
    }
    facts: dict[str, str | bool | int | float] = dict(part.facts)
    if part.id == "system":
        metrics["uptime_s"] = round(now - boot.at)
        facts["boot_id"] = boot.id
    return DeviceState(
        part.id,
        part.kind,
        fault.health if fault is not None else Health.OK,
        (reason,) if reason else (),
        metrics,
        facts,
    )


def _fault(kiosk: Kiosk, part: Part, boot: Boot, now: float) -> Fault | None:
    if part.id in boot.broken:
        return _BROKEN
    found = spell(DEVICES[kiosk.level], _key(kiosk, part), now + kiosk.phase_s)
    if found is None:
        return None
    fault = part.faults[int(found.choice * len(part.faults))]
    is_cured = fault.is_cured_by_reboot and found.start - kiosk.phase_s < boot.at
    return None if is_cured else fault


def _wander(kiosk: Kiosk, subject: str, low: float, high: float, now: float) -> float:
    turn = _draw(kiosk.seed, kiosk.id, subject).random()
    share = 0.5 + 0.5 * math.sin(2 * math.pi * (now / _WAVE_S + turn))
    return round(low + share * (high - low), 2)


def _boot(kiosk: Kiosk, at: float, count: int) -> Boot:
    bits = _draw(kiosk.seed, kiosk.id, f"{kiosk.run}/boot/{count}").getrandbits(128)
    return Boot(str(uuid.UUID(int=bits, version=4)), at, count)


def _key(kiosk: Kiosk, part: Part) -> str:
    return f"{kiosk.seed}/{kiosk.id}/{part.id}"


def _visits(kiosk: Kiosk) -> str:
    return f"{kiosk.seed}/{kiosk.id}/{SESSION}"


def _draw(seed: int, kiosk: str, subject: str) -> random.Random:
    return random.Random(f"{seed}/{kiosk}/{subject}")  # noqa: S311 - a schedule, no secret
