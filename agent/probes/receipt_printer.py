"""Receipt printers: there, with paper and a closed cover? Asked in ESC/POS while nobody prints.

A printer is at a serial line (`match.path`, or the USB id of its converter) or at /dev/usb/lp*.
"""

import errno
import os
import stat
import time
from collections.abc import Callable, Mapping

import pyudev
from msgspec import Struct

from agent.config import Config, Match, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import escpos, plugged, receipt_port
from agent.probes.finding import Finding, add, unmeasured
from agent.probes.plugged import Plugged
from agent.settings import settings, wrong
from contract.health import DeviceState, Health

KIND = "receipt-printer"
BUSY = "device-busy"
PERIOD_S = 60.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one receipt printer. `busy_after_s`: held so long, nothing is known of it any more."""

    baud: int = 9600
    busy_after_s: float = 300.0
    status: bool = True  # it answers DLE EOT; false for one that cannot, or would print it


def probe(config: Config, clock: Callable[[], float] = time.monotonic) -> Probe:
    """Reports each declared receipt printer.

    Raises ConfigError when a speed is none, or nothing tells it.
    """
    udev = pyudev.Context()
    asked = [_Asked(item, _settings(item), clock) for item in config.declared(KIND)]
    by_plug = [one.item for one in asked if not _is_by_path(one.item.match)]

    def run(_context: Context) -> tuple[DeviceState, ...]:
        pairs = plugged.pair(by_plug, find(udev) if by_plug else ())
        return tuple(one.see(*pairs.get(one.item.id) or (_at(one.item), "")) for one in asked)

    limit_s = config.probes.timeout_s + 10 * receipt_port.ANSWER_S * len(asked)
    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), limit_s, run)


def find(udev: pyudev.Context) -> tuple[Plugged, ...]:
    """What may be one: the USB printers that have a node, and the serial lines behind USB."""
    printers = plugged.find(udev, "usbmisc", lambda device: device.sys_name.startswith("lp"))
    lines = plugged.find(udev, "tty", lambda device: device.find_parent("usb") is not None)
    return (*printers, *lines)


def where(item: Peripheral, config: Config) -> Plugged | None:
    """What is there of one declared printer; None when nothing is."""
    if _is_by_path(item.match):
        return _at(item)
    by_plug = [one for one in config.declared(KIND) if not _is_by_path(one.match)]
    return plugged.pair(by_plug, find(pyudev.Context()))[item.id][0]


def is_lp(path: str) -> bool:
    """Whether a node is the kernel's for USB printers."""
    return os.path.basename(os.path.realpath(path)).startswith("lp")  # noqa: PTH119


def judge(answers: Mapping[int, int | None], lines: int | None) -> Finding:
    """What follows from all that a printer said."""
    is_silent = all(byte is None for byte in answers.values())
    if is_silent and lines is not None:
        return escpos.judge_lines(lines)  # it cannot talk back: three lines are all there is
    return escpos.judge(answers)


class _Asked:
    """One receipt printer, and what it said last."""

    def __init__(self, item: Peripheral, told: Settings, clock: Callable[[], float]) -> None:
        self.item, self._told, self._clock = item, told, clock
        self._node = ""
        self._last: Finding | None = None
        self._answered = clock()

    def see(self, one: Plugged | None, oddity: str) -> DeviceState:
        """The printer now."""
        if one is None:
            self._node, self._last = "", None
            return plugged.presence(self.item, None, "")
        if one.path != self._node:
            self._node, self._last = one.path, None
        there = plugged.presence(self.item, one, oddity)
        if not self._told.status:
            return there
        try:
            finding = self._ask(one.path)
        except receipt_port.BusyError:
            return add(there, self._busy())
        except OSError as err:
            if err.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):  # it goes just now
                return plugged.presence(self.item, None, "")
            return add(there, unmeasured())
        self._last, self._answered = finding, self._clock()
        return add(there, finding)

    def _ask(self, path: str) -> Finding:
        return judge(*receipt_port.ask(path, self._told.baud, is_lp=is_lp(path)))

    def _busy(self) -> Finding:
        """Somebody prints: what was known holds for a while."""
        is_fresh = self._clock() - self._answered <= self._told.busy_after_s
        if self._last is not None and is_fresh:
            return self._last
        return Finding(Health.UNKNOWN, (BUSY,))


def _is_by_path(match: Match) -> bool:
    return match.path is not None and (match.usb_id, match.serial, match.port) == (None,) * 3


def _at(item: Peripheral) -> Plugged | None:
    """What is at a declared path, where that is all that tells."""
    path = item.match.path or ""
    try:
        is_node = stat.S_ISCHR(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return None
    return Plugged(path) if is_node else None


def _settings(item: Peripheral) -> Settings:
    told = settings(item, Settings)
    if told.baud not in receipt_port.SPEEDS:
        known = ", ".join(str(speed) for speed in receipt_port.SPEEDS)
        raise wrong(item, "baud", told.baud, f"one of {known}")
    if item.match == Match() or item.match.queue is not None:
        raise ConfigError(
            f"peripheral {item.id!r} (receipt-printer) must be told by its node or its plug: "
            'match = { path = "/dev/ttyUSB0" } or { usb_id = "04b8:0202" }'
        )
    return told
