"""4G modem: is it there, does its SIM card open, is it registered, and how well does it hear?

ModemManager knows. `mmcli -L -J` lists its modems, `mmcli -m <path> -J` tells of one:
    {"modem": {"generic": {"state": "registered", "state-failed-reason": "--",
                           "unlock-required": "sim-pin2", "model": "EC25",
                           "access-technologies": ["lte"], "sim": "/org/.../SIM/0",
                           "signal-quality": {"recent": "yes", "value": "67"}, ...},
               "3gpp": {"registration-state": "home", "operator-name": "F SFR", ...}}}
Absent values are "--" or []. Numbers that name a subscriber (IMEI, IMSI, own number) are not read.
"""

import json
import os
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from agent import program
from agent.config import Config, Peripheral
from agent.errors import ProgramError
from agent.probe import Context, Probe
from agent.probes.finding import Finding, add, unmeasured
from agent.probes.limits import Limit, broken
from agent.settings import settings
from contract.health import DeviceState, FactValue, Health

KIND = "modem"
PERIOD_S = 120.0
SIGNAL_LOW = Limit("signal-low", enters=25, leaves=35)
#: Of MMModemState: on the network, or about to carry data.
_REGISTERED = frozenset({"registered", "disconnecting", "connecting", "connected"})
_MMCLI = "/usr/bin/mmcli"
_LIMIT_S = 10.0
#: Where the bus is, when it is not where it usually is.
_BUS = "DBUS_SYSTEM_BUS_ADDRESS"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared modem. `model` is a part of its name, where there are several."""

    model: str = ""


class Modem(Struct, frozen=True):
    """One modem, as ModemManager sees it. Empty text, None: it does not say."""

    model: str = ""
    state: str = ""
    failed_because: str = ""
    unlock: str = ""
    registration: str = ""
    operator: str = ""
    technology: str = ""
    signal_percent: float | None = None
    has_sim: bool = False


def probe(config: Config) -> Probe:
    """Reports each declared modem."""
    declared = [(item, settings(item, Settings)) for item in config.declared(KIND)]
    before: dict[str, Collection[str]] = {}

    def run(_context: Context) -> tuple[DeviceState, ...]:
        try:
            modems = read()
        except ProgramError as err:
            unknown = unmeasured(trouble=str(err)[:200])
            return tuple(add(_fine(item), unknown) for item, _ in declared)
        states = tuple(
            look(item, told.model, modems, before.get(item.id, ())) for item, told in declared
        )
        before.update({state.id: state.reasons for state in states})
        return states

    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), 4 * _LIMIT_S, run)


def read() -> tuple[Modem, ...]:
    """Every modem there is. Raises ProgramError when ModemManager cannot be asked."""
    paths = ask("-L").get("modem-list", [])
    return tuple(parse(ask("-m", path)) for path in paths[:2])


def ask(*words: str) -> Mapping[str, Any]:
    """One answer of `mmcli`. Raises ProgramError when there is none."""
    environ = {_BUS: os.environ[_BUS]} if _BUS in os.environ else {}
    done = program.run([_MMCLI, *words, "-J"], _LIMIT_S, environ=environ)
    if done.status:
        raise ProgramError(f"mmcli: {done.err.strip()[-200:]}")
    try:
        answer: Mapping[str, Any] = json.loads(done.out)
    except ValueError as err:
        raise ProgramError("mmcli said no JSON") from err
    return answer


def parse(answer: Mapping[str, Any]) -> Modem:
    """What `mmcli -m <path> -J` says (see the top of this file)."""
    modem = answer.get("modem", {})
    generic, radio = modem.get("generic", {}), modem.get("3gpp", {})
    signal = _said(generic.get("signal-quality", {}), "value")
    return Modem(
        model=_said(generic, "model"),
        state=_said(generic, "state"),
        failed_because=_said(generic, "state-failed-reason"),
        unlock=_said(generic, "unlock-required"),
        registration=_said(radio, "registration-state"),
        operator=_said(radio, "operator-name"),
        technology=" ".join(map(str, generic.get("access-technologies", ()))),
        signal_percent=float(signal) if signal.isdigit() else None,
        has_sim=bool(_said(generic, "sim")),
    )


def look(
    item: Peripheral, model: str, modems: Collection[Modem], before: Collection[str]
) -> DeviceState:
    """The first modem whose name has `model` in it, given the reasons it had before."""
    one = next((each for each in modems if model.lower() in each.model.lower()), None)
    if one is None:
        return add(_fine(item), Finding(Health.MISSING, ("not-connected",)))
    return add(_fine(item), judge(one, before))


def judge(modem: Modem, before: Collection[str] = ()) -> Finding:
    """What keeps it off the network, or holds it back.

    >>> judge(Modem(state="failed", failed_because="sim-missing")).reasons
    ('sim-missing',)
    >>> judge(Modem(state="connected", has_sim=True, signal_percent=12.0)).reasons
    ('signal-low',)
    """
    blocking = _blocking(modem)
    low = broken([(SIGNAL_LOW, modem.signal_percent)], before) if not blocking else []
    health = Health.FAILED if blocking else Health.DEGRADED if low else Health.OK
    metrics = {} if modem.signal_percent is None else {"signal_percent": modem.signal_percent}
    said = {
        "product": modem.model,
        "modem_state": modem.state,
        "registration": modem.registration,
        "operator": modem.operator,
        "technology": modem.technology,
    }
    facts: dict[str, FactValue] = {name: value[:64] for name, value in said.items() if value}
    return Finding(health, (*blocking, *low), metrics, facts)


def _blocking(modem: Modem) -> tuple[str, ...]:
    if modem.failed_because == "sim-missing" or (modem.state and not modem.has_sim):
        return ("sim-missing",)
    # A second PIN opens only the card's own settings: it keeps nobody off the network.
    if modem.state == "locked" or modem.unlock in ("sim-pin", "sim-puk"):
        return ("sim-locked",)
    if modem.state == "failed":
        return ("modem-failed",)
    if modem.state in ("disabled", "disabling", "enabling"):
        return ("radio-off",)
    if modem.state not in _REGISTERED:
        return ("not-registered",)
    return ()


def _fine(item: Peripheral) -> DeviceState:
    return DeviceState(item.id, KIND, Health.OK)


def _said(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) and value != "--" else ""
