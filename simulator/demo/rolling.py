"""Rollouts of the demonstration: the first release to all kiosks, and the proof of `--check`."""

import time
from dataclasses import dataclass
from typing import Any

from simulator.demo.api import Api
from simulator.demo.check import Watch
from simulator.demo.kiosk import SmallKiosk
from simulator.demo.prepare import REAL
from simulator.demo.releases import FIRST
from simulator.errors import DemoError

_LIMIT_S = 300.0
#: The small system has neither printer nor scanner, and reaches no archive of packages.
_LAYER = {"printing": {"is_enabled": False}, "scanning": {"is_enabled": False}}
_LAYER_PATH = f"/api/configuration/layers/kiosk/{REAL}"
_JOURNAL = "/etc/systemd/journald.conf.d/vigie.conf"
_OVER = ("done", "reverted", "aborted", "stopped")


@dataclass(frozen=True, slots=True)
class Proof:
    """A change of the configuration, seen on the real kiosk."""

    setting: str
    duration_s: float


def configure(api: Api) -> None:
    """What the real kiosk's own layer says, unless somebody has edited it."""
    if not api.get(_LAYER_PATH)["revision"]:
        api.put(_LAYER_PATH, {"document": _LAYER, "why": "a small system without peripherals"})


def begin(api: Api, kiosks: list[str], watch: Watch) -> None:
    """Bring the first release to all kiosks, unless a rollout was ever proposed.

    The real one has a rollout to itself: a simulated visit holds up the others for half an hour.
    """
    if api.get("/api/rollouts?limit=1")["count"]:
        return
    watch.say(f"rolling release {FIRST} out to {len(kiosks)} kiosks; follow it on the page")
    what = {"kind": "release", "release": FIRST}
    fleet = [kiosk for kiosk in kiosks if kiosk != REAL]
    _propose(api, {**what, "title": FIRST, "waves": [_wave("all", fleet, at_a_time=40)]})
    _propose(api, {**what, "title": REAL, "waves": [_wave("canary", [REAL], at_a_time=1)]})


def prove(api: Api, kiosk: SmallKiosk, watch: Watch) -> Proof:
    """Change one setting of the real kiosk, roll it out, and read it there. Raises DemoError."""
    _await_first(api, watch)
    began = time.monotonic()
    wanted = 100 + int(time.time()) % 100
    document = {**api.get(_LAYER_PATH)["document"], "journal": {"max_mb": wanted}}
    saved = api.put(_LAYER_PATH, {"document": document, "why": "demo --check"})
    watch.say(f"configuration: journal.max_mb is {wanted} for {REAL}; rolling it out")
    wish = {
        "title": "demo --check",
        "kind": "configuration",
        "revision": saved["revision"],
        "waves": [_wave("canary", [REAL], at_a_time=1)],
    }
    stage = _await_end(api, _propose(api, wish), watch)
    found = kiosk.text(_JOURNAL)
    if stage != "done" or f"SystemMaxUse={wanted}M" not in found:
        raise DemoError(f"the rollout is {stage}, and {_JOURNAL} of {REAL} says {found!r}")
    return Proof(f"journal.max_mb = {wanted}", time.monotonic() - began)


def _await_first(api: Api, watch: Watch) -> None:
    rows = api.get("/api/rollouts?limit=50")["items"]
    first = next((row for row in rows if row["title"] == REAL), None)
    if first is None:
        raise DemoError("the first rollout is not there: start anew with --fresh")
    watch.say(f"waiting for the first rollout to reach {REAL}")
    until = time.monotonic() + _LIMIT_S
    while not _has_it(api, str(first["id"])):
        if time.monotonic() > until:
            raise DemoError(f"{REAL} has not got its first release within {_LIMIT_S:.0f} s")
        watch.pause(1.0)


def _has_it(api: Api, rollout: str) -> bool:
    detail = api.get(f"/api/rollouts/{rollout}/targets?limit=500")
    mine = next(row for row in detail["items"] if row["kiosk"] == REAL)
    if mine["stage"] in ("failed", "missed", "skipped"):
        raise DemoError(f"{REAL} did not take its first release: {mine['reason']}")
    return bool(mine["stage"] == "succeeded" and _stage(api, rollout) in _OVER)


def _await_end(api: Api, rollout: str, watch: Watch) -> str:
    until = time.monotonic() + _LIMIT_S
    while (stage := _stage(api, rollout)) not in _OVER:
        if time.monotonic() > until:
            raise DemoError(f"rollout {rollout} is {stage} after {_LIMIT_S:.0f} s")
        watch.pause(0.5)
    return stage


def _propose(api: Api, wish: dict[str, Any]) -> str:
    kiosks = [kiosk for wave in wish["waves"] for kiosk in wave["kiosks"]]
    more = {"kiosks": kiosks, "on_failure": "pause", "why": "demonstration", "life_s": 86_400}
    made = str(api.post("/api/rollouts", {**wish, **more})["rollout"]["id"])
    api.post(f"/api/rollouts/{made}/approve", {"why": "demonstration"})
    return made


def _stage(api: Api, rollout: str) -> str:
    return str(api.get(f"/api/rollouts/{rollout}")["rollout"]["stage"])


def _wave(name: str, kiosks: list[str], *, at_a_time: int) -> dict[str, Any]:
    return {
        "name": name,
        "kiosks": kiosks,
        "at_a_time": at_a_time,
        "soak_s": 0,
        "stop_after_failures": max(1, len(kiosks) // 2),
        "keeps_window": False,
        "waits_for_approval": False,
    }
