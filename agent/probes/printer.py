"""Printers: there, and able to print? By udev, by CUPS, and by the printer itself where it can.

CUPS calls a printer that is unplugged or switched off idle, and notices that paper is out only when
it prints: so no source is believed alone.
"""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pyudev
from msgspec import Struct

from agent.config import Config, Match, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import ipptool, plugged
from agent.probes.finding import Finding, add, unmeasured
from agent.probes.ipp import Printer, Silence
from agent.probes.plugged import Pair, Plugged
from agent.probes.printer_verdict import Bounds, judge
from agent.settings import settings, wrong
from contract.health import DeviceState, Health

KIND = "printer"
PERIOD_S = 60.0
_CUPS = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?")
_QUEUE = re.compile(r"[^\s/#?%&\x00-\x1f]{1,127}")
_ADDRESS = re.compile(r"ipps?://[A-Za-z0-9._:\[\]-]{1,253}(/[\w./-]*)?")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one printer. `uri` is its own address, for when its queue does not tell it."""

    stuck_after_s: float = 600.0
    low_percent: float = 10.0
    cups: str = "localhost:631"
    uri: str = ""


def probe(config: Config) -> Probe:
    """Reports each declared printer.

    Raises ConfigError when an address or a queue's name is none.
    """
    udev = pyudev.Context()
    asked = [_Asked(item, _settings(item)) for item in config.declared(KIND)]
    receipts = [item for item in config.declared("receipt-printer") if _has_plug(item.match)]

    def run(_context: Context) -> tuple[DeviceState, ...]:
        for one in asked:
            one.ask_queue()
        there = plugged.find(udev, "usb", is_printer)
        others = [one for one, _ in plugged.pair(receipts, there).values()]
        found = tuple(each for each in there if each not in others)
        pairs = pair([(one.item, one.device_uri) for one in asked], found)
        return tuple(one.state(pairs.get(one.item.id)) for one in asked)

    limit_s = config.probes.timeout_s + 4 * ipptool.ASK_S * len(asked)
    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), limit_s, run)


def is_printer(device: pyudev.Device) -> bool:
    """Whether a node is a USB interface of the printer class (07)."""
    return (
        device.device_type == "usb_interface"
        and plugged.attribute(device, "bInterfaceClass") == "07"
    )


def pair(asked: list[tuple[Peripheral, str]], found: tuple[Plugged, ...]) -> dict[str, Pair]:
    """For each printer that USB can tell of what is plugged in; others are not in the answer.

    Declared only by its queue, it is told by the serial number in the queue's device URI; where
    that is none of those there (Epson's is written otherwise), by being a printer at all.
    """
    by_match = [item for item, _ in asked if _has_plug(item.match)]
    by_uri = [
        (item, usb_serial(uri))
        for item, uri in asked
        if not _has_plug(item.match) and usb_serial(uri) is not None
    ]
    pairs = plugged.pair(by_match, found)
    free = [each for each in found if all(each is not one for one, _ in pairs.values())]
    for is_exact in (True, False):
        for item, serial in by_uri:
            if item.id in pairs:
                continue
            one = next((each for each in free if not is_exact or each.serial == serial), None)
            if one is not None:
                pairs[item.id] = (one, "")
                free.remove(one)
    return {**{item.id: (None, "") for item, _ in by_uri}, **pairs}


def usb_serial(uri: str) -> str | None:
    """The serial number in a USB printer's device URI, empty without one; None of any other URI.

    >>> usb_serial("usb://HP/LaserJet%20M110w?serial=VNB3%201")
    'VNB3 1'
    >>> usb_serial("hp:/usb/HP_LaserJet?serial=VNB3"), usb_serial("ipp://192.0.2.7/ipp/print")
    ('VNB3', None)
    """
    parts = urlsplit(uri)
    if parts.scheme != "usb" and not (parts.scheme == "hp" and parts.path.startswith("/usb/")):
        return None
    return unquote(next(iter(parse_qs(parts.query).get("serial", [])), ""))


class _Asked:
    """One printer, and what was last heard of it."""

    def __init__(self, item: Peripheral, told: Settings) -> None:
        self.item, self._told = item, told
        self.device_uri = ""  # kept while CUPS is down: the printer may still be asked
        self._queue: Printer | Silence | None = None

    def ask_queue(self) -> None:
        """Ask CUPS."""
        name = self.item.match.queue
        if name is None:
            return
        self._queue = ipptool.ask(f"ipp://{self._told.cups}/printers/{name}")
        if isinstance(self._queue, Printer):
            self.device_uri = self._queue.device_uri

    def state(self, pair: Pair | None) -> DeviceState:
        """The printer now; `pair` is None where USB cannot tell."""
        if pair is not None and pair[0] is None:
            return plugged.presence(self.item, None, "")
        there = plugged.presence(self.item, *pair) if pair is not None else self._declared()
        bounds = Bounds(self._told.stuck_after_s, self._told.low_percent)
        device = self._ask_device()
        if pair is None and self._queue is None and device is None:
            return add(there, unmeasured())
        return add(there, judge(self._queue, device, bounds), self._facts())

    def _ask_device(self) -> Printer | Silence | None:
        uri = self._told.uri or self.device_uri
        if not _ADDRESS.fullmatch(uri):
            return None
        said = ipptool.ask(uri)
        # Asked once more, longer: the first question may only have woken it up.
        return ipptool.ask(uri, 2 * ipptool.ASK_S) if said is Silence.TIMED_OUT else said

    def _declared(self) -> DeviceState:
        return DeviceState(self.item.id, KIND, Health.OK)

    def _facts(self) -> Finding:
        if not isinstance(self._queue, Printer):
            return Finding()
        return Finding(facts={"model": self._queue.model[:128]} if self._queue.model else {})


def _has_plug(match: Match) -> bool:
    return any(value is not None for value in (match.usb_id, match.serial, match.port, match.path))


def _settings(item: Peripheral) -> Settings:
    told = settings(item, Settings)
    queue = item.match.queue
    if queue is not None and not _QUEUE.fullmatch(queue):
        raise ConfigError(f"queue of peripheral {item.id!r} is {queue!r}, must be a name of CUPS")
    if not _CUPS.fullmatch(told.cups):
        raise wrong(item, "cups", told.cups, "a host and port, like localhost:631")
    if told.uri and not _ADDRESS.fullmatch(told.uri):
        remedy = "the printer's own address, like ipp://192.0.2.7/ipp/print"
        raise wrong(item, "uri", told.uri, remedy)
    if queue is None and not told.uri and not _has_plug(item.match):
        raise ConfigError(
            f"peripheral {item.id!r} (printer) is told by nothing: "
            'give match = { queue = "..." }, { usb_id = "..." } or settings.uri'
        )
    return told
