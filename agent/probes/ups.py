"""UPS and batteries: does the kiosk run on mains, and how long would it last without?

A UPS is asked for through NUT, which knows every make; a battery built in is shown by the kernel:
    /sys/class/power_supply/BAT0/type         Battery (or UPS; a mains adapter is Mains)
    .../status                                Charging, Discharging, Not charging or Full
    .../capacity                              87, in percent
    .../health                                Good, Dead, ... where the battery says so
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from agent import nut
from agent.config import Config
from agent.errors import NutError
from agent.probe import Context, Probe
from agent.probes.finding import NOT_MEASURED, Finding, add
from agent.probes.plugged import NOT_CONNECTED
from agent.settings import settings
from contract.health import DeviceState, FactValue, Health

KIND = "ups"
NUT_DOWN = "nut-down"
_PERIOD_S = 10.0
_PATIENCE_S = 3.0
_SYS = Path("/sys")
#: Drained beyond this, a battery built in does not last through a call.
_LOW_PERCENT = 20.0

#: NUT's words in ups.status (docs/new-drivers.txt) that need a hand, the gravest first.
_STATUS = (
    ("FSD", Health.FAILED, "battery-low"),  # the kiosk is being shut down
    ("OFF", Health.FAILED, "ups-off"),
    ("OVER", Health.DEGRADED, "overload"),
    ("OB", Health.DEGRADED, "on-battery"),
    ("RB", Health.DEGRADED, "battery-replace"),
    ("BYPASS", Health.DEGRADED, "bypass"),
)
_METRICS = {
    "battery.charge": "charge_percent",
    "battery.runtime": "runtime_s",
    "ups.load": "load_percent",
    "input.voltage": "input_volts",
    "battery.voltage": "battery_volts",
}
_FACTS = {
    "device.mfr": "maker",
    "device.model": "product",
    "device.serial": "serial",
    "ups.status": "status",
}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a declaration of a UPS may say. Without `name` it is a battery built in."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]*$")] = ""  # as in ups.conf
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 3493
    battery: Annotated[str, Meta(pattern=r"^[^/]*$")] = ""  # BAT0; without it, the first


def probe(config: Config, sys: Path = _SYS) -> Probe:
    """Reports each declared UPS or battery.

    Raises ConfigError when a declaration's settings are wrong.
    """
    declared = {item.id: settings(item, Settings) for item in config.declared(KIND)}

    def run(_context: Context) -> tuple[DeviceState, ...]:
        return tuple(
            judge(name, ask(wanted) if wanted.name else look(sys, wanted.battery))
            for name, wanted in declared.items()
        )

    return Probe(KIND, config.probes.period_s(KIND, _PERIOD_S), config.probes.timeout_s, run)


def judge(name: str, finding: Finding) -> DeviceState:
    """The device of a declared UPS."""
    return add(DeviceState(name, KIND, Health.OK), finding)


def ask(wanted: Settings) -> Finding:
    """What NUT says of a UPS."""
    try:
        return judge_nut(nut.variables(wanted.host, wanted.port, wanted.name, _PATIENCE_S))
    except NutError as err:
        if err.code == "DATA-STALE":  # its driver runs, and has lost it
            return Finding(Health.MISSING, (NOT_CONNECTED,), facts={"trouble": str(err)})
        reason = NOT_MEASURED if err.code == "UNKNOWN-UPS" else NUT_DOWN
        return Finding(Health.UNKNOWN, (reason,), facts={"trouble": str(err)[:200]})


def judge_nut(said: Mapping[str, str]) -> Finding:
    """A UPS by NUT's variables.

    >>> judge_nut({"ups.status": "OB DISCHRG LB", "battery.charge": "9"}).reasons
    ('battery-low', 'on-battery')
    """
    words = frozenset(said.get("ups.status", "").split())
    metrics, facts = _measured(said), _named(said)
    if not words or words <= {"WAIT"}:
        return Finding(Health.UNKNOWN, (NOT_MEASURED,), metrics, facts)
    found = [(health, reason) for word, health, reason in _STATUS if word in words]
    if "LB" in words and "FSD" not in words:
        # On mains a low battery recharges; off mains the kiosk goes out any moment.
        found.insert(0, (Health.FAILED if "OB" in words else Health.DEGRADED, "battery-low"))
    health = Health.FAILED if any(one is Health.FAILED for one, _ in found) else Health.DEGRADED
    return Finding(
        health if found else Health.OK, tuple(reason for _, reason in found), metrics, facts
    )


def look(sys: Path, battery: str) -> Finding:
    """What the kernel says of a battery built in."""
    for folder in sorted(sys.glob(f"class/power_supply/{battery or '*'}")):
        said = {path: _text(folder / path) for path in ("type", "scope", "status", "health")}
        # Those of wireless mice and keyboards have the scope of a device.
        if said["type"] in ("Battery", "UPS") and said["scope"] != "Device":
            return judge_battery({**said, "capacity": _text(folder / "capacity")})
    return Finding(Health.MISSING, (NOT_CONNECTED,))


def judge_battery(said: Mapping[str, str]) -> Finding:
    """A battery by the kernel's files.

    >>> judge_battery({"status": "Discharging", "capacity": "12"}).reasons
    ('battery-low', 'on-battery')
    """
    charge = _number(said.get("capacity", ""))
    metrics = {} if charge is None else {"charge_percent": charge}
    health, reasons = Health.OK, []
    if said.get("status") == "Discharging":
        health = Health.DEGRADED
        if charge is not None and charge <= _LOW_PERCENT:
            health = Health.FAILED
            reasons.append("battery-low")
        reasons.append("on-battery")
    if said.get("health", "") in ("Dead", "Over voltage", "Unspecified failure"):
        health = health if health is Health.FAILED else Health.DEGRADED
        reasons.append("battery-replace")
    return Finding(health, tuple(reasons), metrics)


def _measured(said: Mapping[str, str]) -> dict[str, float]:
    numbers = {metric: _number(said.get(name, "")) for name, metric in _METRICS.items()}
    return {metric: number for metric, number in numbers.items() if number is not None}


def _named(said: Mapping[str, str]) -> dict[str, FactValue]:
    return {fact: said[name].strip()[:128] for name, fact in _FACTS.items() if said.get(name)}


def _number(text: str) -> float | None:
    with suppress(ValueError):
        number = float(text)
        if abs(number) < 1e15:  # not a number is not below it either
            return number
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
