"""Wi-Fi: is the radio on, does it reach its access point, and how well does it hear it?

`iw dev wlan0 link`:
    Connected to 02:00:00:00:00:00 (on wlan0)
            SSID: mairie
            freq: 2412
            signal: -52 dBm
            tx bitrate: 54.0 MBit/s
or `Not connected.`
"""

import re
from collections.abc import Collection
from pathlib import Path

from msgspec import Struct

from agent import program
from agent.config import Config, Peripheral
from agent.errors import ProgramError
from agent.probe import Context, Probe
from agent.probes.finding import Finding, add, unmeasured
from agent.probes.limits import Limit, broken
from agent.settings import settings
from contract.health import DeviceState, FactValue, Health

KIND = "wifi"
PERIOD_S = 60.0
#: Below this a video meeting stumbles: packets are sent again and again at the lowest rates.
SIGNAL_LOW = Limit("signal-low", enters=-75, leaves=-70)
_IW = "/usr/sbin/iw"
_LIMIT_S = 5.0
_SYS = Path("/sys")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared Wi-Fi interface."""

    interface: str = "wlan0"


class Link(Struct, frozen=True):
    """An interface and its access point. None: it is not said, or there is none."""

    network: str | None = None  # SSID
    signal_dbm: float | None = None
    rate_mbps: float | None = None
    frequency_mhz: float | None = None


def probe(config: Config) -> Probe:
    """Reports each declared interface."""
    declared = [(item, settings(item, Settings)) for item in config.declared(KIND)]
    before: dict[str, Collection[str]] = {}

    def run(_context: Context) -> tuple[DeviceState, ...]:
        states = tuple(
            look(item, told.interface, before.get(item.id, ())) for item, told in declared
        )
        before.update({state.id: state.reasons for state in states})
        return states

    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), 2 * _LIMIT_S * len(declared), run)


def look(item: Peripheral, interface: str, before: Collection[str]) -> DeviceState:
    """One interface, as it is now, given the reasons it had before."""
    state = DeviceState(item.id, KIND, Health.OK, (), {}, {"interface": interface})
    folder = _SYS / "class/net" / interface
    if not folder.exists():
        return add(state, Finding(Health.MISSING, ("not-connected",)))
    if is_radio_off(folder):
        return add(state, Finding(Health.FAILED, ("radio-off",)))
    try:
        done = program.run([_IW, "dev", interface, "link"], _LIMIT_S)
    except ProgramError:
        return add(state, unmeasured(needs="iw"))
    if done.status:
        return add(state, unmeasured())
    return add(state, judge(parse(done.out), before))


def is_radio_off(interface: Path) -> bool:
    """Whether a switch or a program has turned the radio off (rfkill.rst of the kernel)."""
    switches = interface.glob("phy80211/rfkill*")
    return any(
        (switch / kind).read_text().strip() == "1"
        for switch in switches
        for kind in ("hard", "soft")
        if (switch / kind).exists()
    )


def parse(text: str) -> Link:
    """What `iw dev ... link` says (see the top of this file)."""
    if "Connected to" not in text:
        return Link()
    name = re.search(r"^\s*SSID: (.+)$", text, re.M)
    return Link(
        name[1].strip() if name else "",
        _number(r"signal: (-?\d+)", text),
        _number(r"tx bitrate: ([\d.]+)", text),
        _number(r"freq: ([\d.]+)", text),
    )


def judge(link: Link, before: Collection[str] = ()) -> Finding:
    """How well it is heard.

    >>> judge(Link()).reasons, judge(Link("mairie", -80.0)).reasons
    (('not-associated',), ('signal-low',))
    """
    if link.network is None:
        return Finding(Health.FAILED, ("not-associated",))
    said = {
        "signal_dbm": link.signal_dbm,
        "rate_mbps": link.rate_mbps,
        "frequency_mhz": link.frequency_mhz,
    }
    metrics = {name: value for name, value in said.items() if value is not None}
    reasons = tuple(broken([(SIGNAL_LOW, link.signal_dbm)], before))
    facts: dict[str, FactValue] = {"wifi_network": link.network[:64]}
    return Finding(Health.DEGRADED if reasons else Health.OK, reasons, metrics, facts)


def _number(pattern: str, text: str) -> float | None:
    found = re.search(pattern, text)
    return float(found[1]) if found else None
