"""Screens: is each one plugged in, the right one, in the right mode, and lit while it should be?

The kernel tells of no change on many drivers, so its files are read every few seconds. That
touches neither screen nor driver: it is done in a session too.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from agent.config import Config
from agent.probe import Context, Probe
from agent.probes import connectors
from agent.probes.connectors import Connector
from agent.probes.finding import Finding, add
from agent.probes.plugged import NOT_CONNECTED, SWAPPED
from agent.settings import settings
from contract.health import DeviceState, FactValue, Health

KIND = "screen"
OFF, NO_SIGNAL, WRONG_MODE = "off", "no-signal", "wrong-mode"
#: Nobody is there to see it, and it was declared to be switched off then.
OFF_WHEN_CLOSED = "off-when-closed"
_PERIOD_S = 10.0
_SYS = Path("/sys")
_STRAY: dict[str, FactValue] = {"declared": False}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a declaration of a screen may say."""

    connector: str = ""  # HDMI-A-1; without it, any that nobody else asks for
    mode: Annotated[str, Meta(pattern=r"^(\d+x\d+)?$")] = ""  # 1920x1080
    product: str = ""  # as the screen says, and so its serial number
    serial: str = ""
    off_when_closed: bool = False  # it is switched off at its button outside of opening hours


class Screen(Struct, frozen=True):
    """One declared screen."""

    id: str
    wanted: Settings


def probe(config: Config, sys: Path = _SYS) -> Probe:
    """Reports each declared screen, and any other that is plugged in.

    Raises ConfigError when a declaration's settings are wrong.
    """
    declared = tuple(Screen(item.id, settings(item, Settings)) for item in config.declared(KIND))

    def run(context: Context) -> tuple[DeviceState, ...]:
        return judge(declared, connectors.read(sys), is_open=context.is_open)

    return Probe(KIND, config.probes.period_s(KIND, _PERIOD_S), config.probes.timeout_s, run)


def judge(
    declared: Sequence[Screen], found: Sequence[Connector], *, is_open: bool
) -> tuple[DeviceState, ...]:
    """One device for each screen declared, and one for each that nobody declared."""
    pairs = pair(declared, found)
    taken = {one.name for one in pairs.values() if one is not None}
    strays = (one for one in found if one.is_connected and one.name not in taken)
    return (
        *(_judge_one(screen, pairs[screen.id], is_open) for screen in declared),
        *(
            DeviceState(
                f"screen:{one.name.lower()}", KIND, Health.OK, (), {}, {**_facts(one), **_STRAY}
            )
            for one in strays
        ),
    )


def pair(declared: Sequence[Screen], found: Sequence[Connector]) -> dict[str, Connector | None]:
    """The connector of each declared screen: by its name, by what is plugged in, or any left."""
    free = {one.name: one for one in found}
    pairs: dict[str, Connector | None] = {}
    for screen in declared:
        if screen.wanted.connector:
            pairs[screen.id] = free.pop(screen.wanted.connector, None)
    for fits in (_is_itself, _is_any):
        for screen in declared:
            if screen.id not in pairs:
                names = [one.name for one in free.values() if fits(screen.wanted, one)]
                if names:
                    pairs[screen.id] = free.pop(names[0])
    return {screen.id: pairs.get(screen.id) for screen in declared}


def _is_itself(wanted: Settings, one: Connector) -> bool:
    return one.edid is not None and bool(wanted.serial or wanted.product) and _is_right(wanted, one)


def _is_any(_wanted: Settings, one: Connector) -> bool:
    return one.is_connected


def _judge_one(screen: Screen, one: Connector | None, is_open: bool) -> DeviceState:
    if one is None or not one.is_connected:
        if screen.wanted.off_when_closed and not is_open:
            return DeviceState(screen.id, KIND, Health.UNKNOWN, (OFF_WHEN_CLOSED,))
        return DeviceState(screen.id, KIND, Health.MISSING, (NOT_CONNECTED,))
    state = DeviceState(screen.id, KIND, Health.OK, facts=_facts(one))
    findings = []
    if not _is_right(screen.wanted, one):
        findings.append(Finding(Health.DEGRADED, (SWAPPED,)))
    if one.is_lit or not is_open:
        if not _has_mode(screen.wanted.mode, one):
            findings.append(Finding(Health.DEGRADED, (WRONG_MODE,)))
    else:
        findings.append(Finding(Health.FAILED, (OFF if one.is_enabled else NO_SIGNAL,)))
    return add(state, *findings)


def _is_right(wanted: Settings, one: Connector) -> bool:
    """Whether it is the screen declared. One that does not say who it is, is believed."""
    if one.edid is None:
        return True
    return wanted.product in ("", one.edid.product) and wanted.serial in ("", one.edid.serial)


def _has_mode(wanted: str, one: Connector) -> bool:
    """Whether it shows that mode; where nobody says what it shows, whether it could."""
    if not wanted:
        return True
    if one.mode and one.is_lit:
        return one.mode == wanted
    return wanted in one.modes


def _facts(one: Connector) -> dict[str, FactValue]:
    said: dict[str, FactValue] = {"connector": one.name, "is_lit": one.is_lit}
    if one.mode or one.modes:
        said["mode"] = one.mode or one.modes[0]
    if one.edid is not None:
        about = {"maker": one.edid.maker, "product": one.edid.product, "serial": one.edid.serial}
        said |= {name: value for name, value in about.items() if value}
    return said
