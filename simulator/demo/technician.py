"""What a technician does, by the API: sees an alert, takes it up, tries a printer."""

import time
from dataclasses import dataclass
from typing import Any

from contract.commands import CommandState
from simulator.demo.api import Api
from simulator.demo.check import Receipt, Watch, order
from simulator.errors import DemoError

#: Rules wait for half a minute, the fleet's first reports come within one.
_ALERT_LIMIT_S = 180.0
_TEST_PAGE = "print-test-page"
_PRINTER = "printer"
_TRIES = 5
#: A citizen may come to a kiosk just then, or its printer break.
_MEANWHILE = (CommandState.REFUSED, CommandState.FAILED)


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fires: by which rule, of what."""

    id: int
    rule: str
    culprit: str
    acknowledged_at: str | None  # by an earlier check


def wait_alert(api: Api, but: str, watch: Watch) -> Firing:
    """An alert that fires on a kiosk other than `but`: one that nobody took up, if there is.

    Raises DemoError when there is none in time.
    """
    began = time.monotonic()
    while True:
        rows = [
            row
            for row in api.get("/api/alerts?state=firing")["items"]
            if row["kiosk"] not in (None, but)
        ]
        if rows:
            row = min(rows, key=lambda row: row["acknowledged_at"] is not None)
            return Firing(row["id"], row["rule"], row["culprit"], row["acknowledged_at"])
        if time.monotonic() - began > _ALERT_LIMIT_S:
            raise DemoError(
                f"no alert fires within {_ALERT_LIMIT_S:.0f} s: --faults must be some or many"
            )
        watch.pause(0.5)


def take_up(api: Api, alert: Firing) -> None:
    """Acknowledge it, and see it acknowledged. Raises DemoError."""
    path = f"/api/alerts/{alert.id}"
    api.post(f"{path}/acknowledgement", {"note": "./scripts/demo --check"})
    seen = api.get(path)
    if seen["acknowledged_at"] in (None, alert.acknowledged_at):
        raise DemoError(f"alert {alert.id} is not shown as acknowledged: {seen['timeline']}")


def print_page(api: Api, but: str, watch: Watch) -> tuple[str, Receipt]:
    """Have a kiosk whose printer is well print a test page: which, and how it went.

    `but` is left out. Raises DemoError when none of some kiosks could.
    """
    trouble = "no simulated kiosk has a printer that is well"
    able = (row["id"] for row in _ready(api) if row["id"] != but)
    for _, kiosk in zip(range(_TRIES), (one for one in able if _can_print(api, one)), strict=False):
        try:
            return kiosk, order(api, kiosk, _TEST_PAGE, watch, {"device": _PRINTER})
        except DemoError as err:
            trouble = str(err)
            if not any(f" {state}: " in trouble for state in _MEANWHILE):
                raise
            watch.say(f"{trouble}; trying another kiosk")
    raise DemoError(trouble)


def scrape(api: Api, kiosks: int) -> int:
    """How many figures `/metrics` tells. Raises DemoError unless `kiosks` are told as online."""
    lines = [line for line in api.text("/metrics").splitlines() if not line.startswith("#")]
    told = sum(line.startswith("vigie_kiosk_online{") for line in lines)
    if told != kiosks:
        raise DemoError(f"/metrics tells of {told} kiosks, must be {kiosks}")
    return len(lines)


def _ready(api: Api) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get("/api/kiosks?kind=pvp&limit=500")["items"]
    return [row for row in rows if row["is_online"]]


def _can_print(api: Api, kiosk: str) -> bool:
    devices = {device["device"]: device for device in api.get(f"/api/kiosks/{kiosk}")["devices"]}
    if _PRINTER not in devices:
        return False
    in_session = devices.get("session", {}).get("facts", {}).get("in_session", False)
    return devices[_PRINTER]["health"] == "ok" and not in_session
