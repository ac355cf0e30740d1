"""Barcode and QR readers: there, in the mode the application waits for, and with a driver?

A reader is a serial port (CDC-ACM), a keyboard, or raw HID, and a barcode of its manual scanned by
mistake turns the one into the other. Its port is never opened: that raises its DTR line, which
resets some readers, and takes from the application what is read meanwhile.
"""

from enum import StrEnum

import pyudev
from msgspec import Struct

from agent.config import Config, Match, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import plugged
from agent.probes.finding import Finding, add, unmeasured
from agent.probes.plugged import Plugged
from agent.settings import settings
from contract.health import DeviceState, Health

KIND = "barcode-reader"
OTHER_MODE, NO_DRIVER = "other-mode", "no-driver"


class Mode(StrEnum):
    """How a reader gives what it reads."""

    SERIAL = "serial"
    KEYBOARD = "keyboard"
    HID = "hid"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one reader. Without a `mode` any will do."""

    mode: Mode | None = None


class Readers(Struct, frozen=True):
    """What could be a reader: with the mode of each by its node, and USB devices without a node."""

    found: tuple[Plugged, ...]
    modes: dict[str, Mode]
    bare: tuple[Plugged, ...] = ()


def probe(config: Config) -> Probe:
    """Reports each declared reader. Any other cannot be told from a keyboard or a modem.

    Raises ConfigError for a reader that nothing tells from other things plugged in.
    """
    declared = config.declared(KIND)
    told = {item.id: settings(item, Settings) for item in declared}
    for item in declared:
        if item.match == Match():
            raise ConfigError(
                f"match of peripheral {item.id!r} ({KIND}) is empty, "
                "must have a usb_id, serial, port or path: readers look like keyboards and modems"
            )
    udev = pyudev.Context()
    bare_before: set[str] = set()

    def run(_context: Context) -> tuple[DeviceState, ...]:
        readers = read(udev, declared)
        states = judge(declared, told, readers, frozenset(bare_before))
        bare_before.clear()
        bare_before.update(each.port for each in readers.bare)
        return states

    return Probe(KIND, config.probes.period_s(KIND, 60.0), config.probes.timeout_s, run)


def read(udev: pyudev.Context, declared: tuple[Peripheral, ...]) -> Readers:
    """Serial ports, keyboards and raw HID devices, one each however many nodes it has."""
    paths = {item.match.path for item in declared}
    ways = (
        (Mode.SERIAL, "tty", lambda node: _is_named(node, paths) or _is_usb(node)),
        (Mode.KEYBOARD, "input", lambda node: _has_keys(node)),
        (Mode.HID, "hidraw", lambda node: _is_usb(node)),
    )
    found: dict[str, Plugged] = {}
    modes: dict[str, Mode] = {}
    for mode, subsystem, is_one in ways:
        for each in plugged.find(udev, subsystem, is_one):
            if found.setdefault(each.port or each.path, each) is each:
                modes[each.path] = mode
    usb = plugged.find(udev, "usb", lambda device: device.device_type == "usb_device")
    bare = tuple(each for each in usb if each.port not in found)
    return Readers(tuple(found.values()), modes, bare)


def judge(
    declared: tuple[Peripheral, ...],
    told: dict[str, Settings],
    readers: Readers,
    bare_before: frozenset[str],
) -> tuple[DeviceState, ...]:
    """One device for each declared. `bare_before`: ports of `readers.bare` one run earlier."""
    pairs = plugged.pair(declared, readers.found)
    states = []
    for item in declared:
        one, oddity = pairs[item.id]
        if one is None:
            states.append(_without_node(item, readers.bare, bare_before))
        else:
            state = plugged.presence(item, one, oddity)
            states.append(add(state, _mode(one, readers.modes[one.path], told[item.id])))
    return tuple(states)


def _mode(one: Plugged, mode: Mode, told: Settings) -> Finding:
    facts = {"mode": str(mode)}
    if told.mode not in (None, mode):
        return Finding(Health.FAILED, (OTHER_MODE,), {}, facts)
    if not one.usb_id and mode is Mode.SERIAL:
        # A plain serial port is there with or without a reader at its other end.
        return unmeasured(mode=str(mode))
    return Finding(facts=facts)


def _without_node(
    item: Peripheral, bare: tuple[Plugged, ...], bare_before: frozenset[str]
) -> DeviceState:
    """Missing; or plugged in and no driver takes it, when that lasts.

    A reader that is pulled loses its node before it is gone itself.
    """
    is_told = item.match.usb_id is not None or item.match.serial is not None
    one, oddity = plugged.pair([item], bare)[item.id] if is_told else (None, "")
    if one is None or oddity or one.port not in bare_before:
        return plugged.presence(item, None, "")
    return add(plugged.presence(item, one, ""), Finding(Health.FAILED, (NO_DRIVER,)))


def _is_named(node: pyudev.Device, paths: set[str | None]) -> bool:
    return bool({node.device_node, *node.device_links} & paths)


def _is_usb(node: pyudev.Device) -> bool:
    return bool(node.device_node) and node.find_parent("usb", "usb_device") is not None


def _has_keys(node: pyudev.Device) -> bool:
    return "/event" in (node.device_node or "") and node.properties.get("ID_INPUT_KEY") == "1"
