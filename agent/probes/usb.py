"""The USB bus: declared hubs, ports that draw too much, and what nobody declared.

A kiosk stands in public: a stick or disk that somebody plugged in needs a hand. Other peripherals
that nobody declared are only told of.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from agent.clock import uptime_s
from agent.config import Config, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import plugged, usbtree
from agent.probes.mounts import parse_mountinfo
from agent.probes.plugged import Plugged
from agent.probes.usbtree import UsbDevice
from agent.settings import settings
from contract.health import DeviceState, FactValue, Health

KIND = "usb"
OVER_CURRENT, UNEXPECTED_STORAGE = "over-current", "unexpected-storage"
#: The kernel only counts: so long after the last one it is taken to be over.
SAID_S = 600.0
_PERIOD_S = 60.0
_SYS, _MOUNTS = Path("/sys"), Path("/proc/self/mountinfo")
#: Where what is plugged in gets mounted by itself: not what the kiosk lives on.
_GUESTS = ("/media/", "/run/media/", "/mnt/")

#: What answers for an interface's class when the declaration says no more than its kind.
_KINDS = {
    usbtree.AUDIO: ("microphone", "speakers", "handset", "camera"),
    usbtree.PRINTER: ("printer", "receipt-printer", "scanner"),
    usbtree.STORAGE: (),
    usbtree.SMART_CARD: ("card-reader",),
    usbtree.VIDEO: ("camera",),
}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A declared hub has none."""


class Strain(Struct, frozen=True):
    """Over-currents over time: counts by port, those that rose, and when the last one did."""

    counts: Mapping[str, int] = {}
    ports: tuple[str, ...] = ()
    last: float = float("-inf")


def probe(
    config: Config,
    sys: Path = _SYS,
    mountinfo: Path = _MOUNTS,
    now: Callable[[], float] = uptime_s,
) -> Probe:
    """Reports the bus as the device `usb`, and each declared hub.

    Raises ConfigError when a hub is called `usb` too, or has settings.
    """
    hubs = config.declared(KIND)
    for item in hubs:
        settings(item, Settings)
        if item.id == KIND:
            raise ConfigError(f"id of peripheral {item.id!r} is the bus's own, must be another")
    strain: Strain | None = None

    def run(_context: Context) -> tuple[DeviceState, ...]:
        nonlocal strain
        counts = usbtree.over_currents(sys)
        # Ports draw too much while everything powers up: only what comes later is said.
        strain = rise(strain or Strain(counts), counts, now())
        devices = usbtree.read(sys)
        own = usbtree.needed(sys, _lived_on(mountinfo.read_text(errors="replace")))
        odd = tuple(one for one in devices if is_unexpected(one, config.peripherals, own))
        return (judge(devices, odd, strain), *find(hubs, devices))

    return Probe(KIND, config.probes.period_s(KIND, _PERIOD_S), config.probes.timeout_s, run)


def rise(before: Strain, counts: Mapping[str, int], at: float) -> Strain:
    """The strain after new counts; ports that are quiet for `SAID_S` are forgotten."""
    risen = [port for port, count in counts.items() if count > before.counts.get(port, 0)]
    if risen:
        return Strain(counts, tuple(sorted({*before.ports, *risen})), at)
    return Strain(counts, before.ports if at - before.last < SAID_S else (), before.last)


def is_unexpected(
    one: UsbDevice, declared: Iterable[Peripheral], own: Collection[str] = ()
) -> bool:
    """Whether it is a peripheral that nobody declared. `own`: disks the kiosk lives on."""
    classes = one.classes & _KINDS.keys()
    if one.is_hub or not classes or (classes == {usbtree.STORAGE} and not one.disks - set(own)):
        return False
    expected = {kind for each in classes for kind in _KINDS[each]}
    return not any(_answers(item, one, expected) for item in declared)


def find(hubs: Iterable[Peripheral], devices: Iterable[UsbDevice]) -> tuple[DeviceState, ...]:
    """The declared hubs."""
    found = tuple(
        Plugged(one.port, one.usb_id, one.serial, one.port, one.product)
        for one in devices
        if one.is_hub
    )
    items = tuple(hubs)
    pairs = plugged.pair(items, found)
    return tuple(plugged.presence(item, *pairs[item.id]) for item in items)


def judge(
    devices: Collection[UsbDevice], unexpected: Collection[UsbDevice], strain: Strain
) -> DeviceState:
    """The bus."""
    reasons = []
    facts: dict[str, FactValue] = {}
    if strain.ports:
        reasons.append(OVER_CURRENT)
        facts["ports"] = " ".join(strain.ports)[:512]
    if any(usbtree.STORAGE in one.classes and one.disks for one in unexpected):
        reasons.append(UNEXPECTED_STORAGE)
    if unexpected:
        facts["unexpected"] = ", ".join(_name(one) for one in unexpected)[:512]
    metrics = {
        "devices": float(len(devices)),
        "over_currents": float(sum(strain.counts.values())),
    }
    health = Health.DEGRADED if reasons else Health.OK
    return DeviceState(KIND, KIND, health, tuple(reasons), metrics, facts)


def _answers(item: Peripheral, one: UsbDevice, expected: Collection[str]) -> bool:
    match = item.match
    if (match.usb_id, match.serial, match.port) == (None, None, None):
        return item.kind in expected
    return plugged.agrees(match, one.usb_id, one.serial, one.port)


def _lived_on(mountinfo: str) -> frozenset[str]:
    mounts = parse_mountinfo(mountinfo)
    return frozenset(each.device for each in mounts if not each.point.startswith(_GUESTS))


def _name(one: UsbDevice) -> str:
    return f"{one.product or 'USB'} ({one.usb_id}, {one.port})"
