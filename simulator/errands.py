"""What comes of a command on a simulated kiosk: step after step, as an agent would say it. Pure.

What a device suffers from decides how a test of it ends. Nothing is cured: what a simulated kiosk
has is in its schedule.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from contract import RELEASE, command_args
from contract.commands import CommandState, spec
from contract.health import DeviceState, Health
from contract.messages import Piece, Scalar, Text
from contract.reasons import OutcomeReason, because
from simulator.journal import compressed, pieces

Result = dict[str, Scalar | list[Text]]
_FINE = (Health.OK, Health.DEGRADED)
_STEP_S = (0.4, 2.0)  # how long one step takes
_PIECE_S = 0.3


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to act upon. `key` makes chance the same for the same command."""

    kiosk: str
    devices: tuple[DeviceState, ...]
    key: str
    at: datetime

    @property
    def draw(self) -> random.Random:
        """Chance, anew."""
        return random.Random(f"{self.kiosk}/{self.key}")  # noqa: S311 - a play, no secret


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to say about a command, so long after the one before."""

    after_s: float
    state: CommandState
    reason: str = ""
    result: Result = field(default_factory=dict)
    piece: Piece | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class End:
    """How it ended, and the steps that it took until then."""

    steps: tuple[str, ...]
    result: Result
    failure: str = ""
    content: bytes = b""


Act = Callable[[Scene, Struct, Sequence[DeviceState]], End]


def aims(name: str, args: Struct, devices: Sequence[DeviceState]) -> tuple[DeviceState, ...]:
    """The devices that a command is for."""
    asked = getattr(args, "device", None)
    kinds = spec(name).kinds
    return tuple(one for one in devices if one.kind in kinds and asked in (None, one.id))


def hindrance(name: str, args: Struct, devices: Sequence[DeviceState]) -> str:
    """Why it cannot be done here; empty when it can."""
    if name in KEPT:
        return because(OutcomeReason.NOT_POSSIBLE_HERE, f"a simulated kiosk keeps its {KEPT[name]}")
    if not spec(name).kinds or aims(name, args, devices):
        return ""
    there = [one.id for one in devices if one.kind in spec(name).kinds]
    asked = getattr(args, "device", None)
    said = ", ".join(there) or "none"
    return because(OutcomeReason.DEVICE_UNKNOWN, f"{asked}: {said}" if asked else said)


def perform(name: str, args: Struct, scene: Scene) -> tuple[Said, ...]:
    """All that is said after `running`, the end last."""
    end = ACTS[name](scene, args, aims(name, args, scene.devices))
    draw, said = scene.draw, []
    for number, step in enumerate(end.steps):
        progress: Result = {"progress_percent": 100 * number // len(end.steps), "step": step}
        after_s = round(draw.uniform(*_STEP_S), 2)
        said.append(Said(after_s, CommandState.RUNNING, result=progress))
    for piece in pieces(end.content):
        said.append(Said(_PIECE_S, CommandState.RUNNING, piece=piece))
    state = CommandState.FAILED if end.failure else CommandState.SUCCEEDED
    after_s = round(draw.uniform(*_STEP_S), 2)
    return (*said, Said(after_s, state, end.failure, {"simulated": True, **end.result}))


def _test(looking: str) -> Act:
    """A look at each device: how it is, is the verdict."""

    def act(_scene: Scene, _args: Struct, devices: Sequence[DeviceState]) -> End:
        ailing = [_line(one) for one in devices if one.health not in _FINE]
        result: Result = {
            "verdict": str(max((one.health for one in devices), key=_BADNESS.index)),
            "devices": [_line(one) for one in devices],
        }
        return End(tuple(f"{looking} {one.id}" for one in devices), result, _not_well(ailing))

    return act


_BADNESS = (Health.OK, Health.UNKNOWN, Health.DEGRADED, Health.MISSING, Health.FAILED)


def _set_right(doing: str) -> Act:
    """Something is done to devices, and they must be well afterwards."""

    def act(scene: Scene, _args: Struct, devices: Sequence[DeviceState]) -> End:
        ailing = [_line(one) for one in devices if one.health not in _FINE]
        back_s = round(scene.draw.uniform(1.5, 6), 1)
        steps = tuple(
            step for one in devices for step in (f"{doing} {one.id}", f"waiting: {one.id}")
        )
        return End(steps, {} if ailing else {"back_after_s": back_s}, _not_well(ailing))

    return act


def _power_cycle(_scene: Scene, _args: Struct, devices: Sequence[DeviceState]) -> End:
    (one,) = devices
    ailing = [] if one.health in _FINE else [_line(one)]
    result: Result = {
        "way": "authorisation",
        "port": str(one.facts.get("port", "1-1.4")),
        "health_before": str(one.health),
        "health_after": str(one.health),
    }
    return End(
        (f"switching {one.id} off and on", f"waiting for {one.id}"), result, _not_well(ailing)
    )


def _clear_queue(scene: Scene, _args: Struct, _devices: Sequence[DeviceState]) -> End:
    return End(("cancelling",), {"cancelled_jobs": scene.draw.choice((0, 1, 1, 2, 5))})


def _print(scene: Scene, _args: Struct, devices: Sequence[DeviceState]) -> End:
    (one,) = devices
    is_out = one.health in _FINE
    result: Result = {
        "job": scene.draw.randint(12, 900),
        "job_state": "completed" if is_out else "canceled",
        "job_reasons": list(one.reasons),
        "printed_pages": 1 if is_out else 0,
    }
    steps = ("sending the page", "printing" if is_out else ", ".join(one.reasons))
    return End(steps, result, "" if is_out else _not_well(one.reasons))


def _test_link(scene: Scene, args: Struct, _devices: Sequence[DeviceState]) -> End:
    line = next((one for one in scene.devices if one.kind == "network"), None)
    known = dict(line.metrics) if line is not None else {}
    result: Result = {
        f"controller.{name}": known[name]
        for name in ("rtt_ms", "jitter_ms", "loss_percent")
        if name in known
    }
    ailing = [f"controller: {reason}" for reason in (line.reasons if line else ())]
    result["verdict"] = "bad" if ailing else "good"
    seconds = args.for_s if isinstance(args, command_args.TestLink) else 10
    steps = tuple(f"measuring the line for {seconds} s: {part} of 3" for part in (1, 2, 3))
    return End(steps, result, _not_well(ailing))


def _check_up(_scene: Scene, _args: Struct, _devices: Sequence[DeviceState]) -> End:
    """To look was the order: it succeeds whatever it finds."""
    devices = _scene.devices
    kinds = sorted({one.kind for one in devices})
    result: Result = {
        "probes": len(kinds),
        "devices": len(devices),
        "amiss": [_line(one) for one in devices if one.health is not Health.OK],
        "changed": [],
        "unanswered": [],
    }
    return End(tuple(kinds), result)


def _fetch_logs(scene: Scene, args: Struct, _devices: Sequence[DeviceState]) -> End:
    wish = args if isinstance(args, command_args.FetchLogs) else command_args.FetchLogs()
    file = compressed(scene.kiosk, scene.devices, wish, scene.at, scene.draw)
    result: Result = {
        "file": file.name,
        "size_bytes": len(file.content),
        "sha256": file.sha256,
        "lines": file.lines,
    }
    return End(("reading the journal", "compressing"), result, content=file.content)


def _identify(scene: Scene, args: Struct, _devices: Sequence[DeviceState]) -> End:
    text = args.text if isinstance(args, command_args.Identify) else ""
    return End(("showing",), {"text": text or scene.kiosk})


def _sync_clock(scene: Scene, _args: Struct, _devices: Sequence[DeviceState]) -> End:
    before = round(scene.draw.uniform(-900, 900), 1)
    result: Result = {
        "service": "systemd-timesyncd",
        "offset_before_ms": before,
        "offset_after_ms": round(before / 400, 1),
    }
    return End(("asking the time service",), result)


def _apply(_scene: Scene, args: Struct, _devices: Sequence[DeviceState]) -> End:
    is_dry_run = isinstance(args, command_args.ApplyConfiguration) and args.is_dry_run
    steps = ("comparing",) if is_dry_run else ("comparing", "applying")
    return End(steps, {"changes": 0, "is_dry_run": is_dry_run})


def _restart_agent(_scene: Scene, _args: Struct, _devices: Sequence[DeviceState]) -> End:
    return End(("restarting",), {"agent_version": RELEASE})


def _repair_minion(_scene: Scene, _args: Struct, _devices: Sequence[DeviceState]) -> End:
    return End(("looking at the minion",), {"repaired": []})


#: What is never renewed here.
KEPT = {"renew-certificate": "certificate", "rotate-minion-key": "minion's key"}
#: `ping` and `reboot` are the resident's own, and what is `KEPT` is not renewed.
ACTS: Mapping[str, Act] = {
    "restart-application": _set_right("restarting"),
    "restart-agent": _restart_agent,
    "power-cycle": _power_cycle,
    "restart-printing": _set_right("asking the queue of"),
    "clear-queue": _clear_queue,
    "print-test-page": _print,
    "test-sound": _test("playing a tone for"),
    "test-camera": _test("looking through"),
    "test-scanner": _test("scanning with"),
    "test-link": _test_link,
    "check-up": _check_up,
    "fetch-logs": _fetch_logs,
    "identify": _identify,
    "sync-clock": _sync_clock,
    "repair-minion": _repair_minion,
    "apply-configuration": _apply,
}


def _not_well(ailing: Sequence[str]) -> str:
    return because(OutcomeReason.DID_NOT_WORK, "; ".join(ailing)[:300]) if ailing else ""


def _line(one: DeviceState) -> str:
    """One device in one line, as an agent writes it."""
    why = ", ".join(one.reasons)
    return f"{one.id}: {one.health}: {why}" if why else f"{one.id}: {one.health}"
