"""`--check`: is the house up, does the real kiosk say the truth, does it obey?"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract.commands import CommandState
from simulator.demo.api import Api
from simulator.errors import DemoError

ONLINE_LIMIT_S = 180.0
COMMAND_LIMIT_S = 60.0
#: A value said up to two measuring periods ago is still this machine's.
_UPTIME_SLACK_S = 150.0


@dataclass(frozen=True, slots=True)
class Watch:
    """How to wait: `pause` sleeps and raises when a part has ended; `say` shows progress."""

    pause: Callable[[float], None]
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Machine:
    """What both the kiosk and we can know of this machine."""

    uptime_s: float
    memory_bytes: float
    kernel: str

    def agrees(self, other: "Machine") -> bool:
        """Whether both speak of the same machine, within the age of what was said."""
        is_same = (self.memory_bytes, self.kernel) == (other.memory_bytes, other.kernel)
        return is_same and abs(self.uptime_s - other.uptime_s) <= _UPTIME_SLACK_S


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a command ended."""

    duration_s: float
    result: dict[str, Any]


def wait_online(api: Api, kiosks: int, watch: Watch) -> float:
    """Seconds until `kiosks` are online. Raises DemoError saying which are not."""
    began = time.monotonic()
    before = -1
    while True:
        online = int(api.get("/api/summary")["online"])
        if online != before:
            watch.say(f"{online} of {kiosks} kiosks online")
            before = online
        if online >= kiosks:
            return time.monotonic() - began
        if time.monotonic() - began > ONLINE_LIMIT_S:
            raise DemoError(_absent(api, online, kiosks))
        watch.pause(0.5)


def wait_real_values(api: Api, kiosk: str, watch: Watch) -> str:
    """What the real kiosk says of its machine, once it agrees with the kernel of this one.

    Raises DemoError with both when they do not agree in time.
    """
    until = time.monotonic() + COMMAND_LIMIT_S
    while True:
        said, true = _said(api.get(f"/api/kiosks/{kiosk}")), _measured()
        if said is not None and said.agrees(true):
            return f"uptime {said.uptime_s:.0f} s (kernel: {true.uptime_s:.0f} s)"
        if time.monotonic() > until:
            raise DemoError(f"{kiosk} says {said}, this machine has {true}: no real values")
        watch.pause(0.5)


def order(
    api: Api, kiosk: str, name: str, watch: Watch, args: dict[str, Any] | None = None
) -> Receipt:
    """Send a command and wait for its end. Raises DemoError unless it succeeded."""
    body = {"name": name, "args": args or {}, "why": "./scripts/demo --check"}
    began = time.monotonic()
    command = api.post(f"/api/kiosks/{kiosk}/commands", body)
    while not CommandState(command["state"]).is_final:
        if time.monotonic() - began > COMMAND_LIMIT_S:
            raise DemoError(f"{name} of {kiosk} is still {command['state']}")
        watch.pause(0.05)
        command = api.get(f"/api/commands/{command['id']}")
    if command["state"] != CommandState.SUCCEEDED:
        raise DemoError(f"{name} of {kiosk} {command['state']}: {command['reason']}")
    return Receipt(time.monotonic() - began, command["result"])


def _absent(api: Api, online: int, kiosks: int) -> str:
    rows = api.get("/api/kiosks?limit=500")
    absent = [row["id"] for row in rows["items"] if not row["is_online"]]
    names = ", ".join(absent[:10])
    return f"only {online} of {kiosks} kiosks are online after {ONLINE_LIMIT_S:.0f} s: not {names}"


def _said(kiosk: dict[str, Any]) -> Machine | None:
    """What the kiosk says; None before its first report."""
    for device in kiosk["devices"]:
        if device["device"] == "system":
            metrics, facts = device["metrics"], device["facts"]
            return Machine(
                float(metrics.get("uptime_s", -1)),
                float(facts.get("memory_bytes", -1)),
                str(facts.get("kernel", "")),
            )
    return None


def _measured() -> Machine:
    """What the kernel says, asked by other ways than the agent's."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    uptime_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    return Machine(uptime_s, pages * page_bytes, os.uname().release)
