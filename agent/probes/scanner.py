"""Scanners: there, and able to scan? By udev, then by SANE or eSCL every few minutes.

No document and a scan under way are no faults: the adviser at the other end drives the scanner.
"""

import re
import time
from collections.abc import Callable

import pyudev
from msgspec import Struct

from agent.config import Config, Match, Peripheral
from agent.probe import Context, Probe
from agent.probes import escl, plugged, sane
from agent.probes.finding import Finding, add, unmeasured, worst
from agent.probes.plugged import Plugged
from agent.probes.rhythm import Rhythm
from agent.probes.sane import Look
from agent.settings import settings, wrong
from contract.health import DeviceState, Health

KIND = "scanner"
BUSY = "device-busy"
PERIOD_S = 60.0
#: SANE drivers that reach a scanner by the network, or none at all.
_NO_PLUG = ("net", "airscan", "escl", "test")
_DEVICE = re.compile(r"[a-z0-9_-]{1,40}:[^\n]{1,200}|[a-z0-9_-]{1,40}")
_URL = re.compile(r"https?://[A-Za-z0-9._:\[\]-]{1,253}(/[\w./-]*)?")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one scanner. `device` is its name as `scanimage -L` gives it, `url` that of its eSCL."""

    device: str = ""
    url: str = ""
    every_s: float = 300.0
    trial_scan: bool = False  # before opening and when asked
    busy_after_s: float = 900.0
    sane_dir: str = "/etc/sane.d"


def probe(config: Config, clock: Callable[[], float] = time.monotonic) -> Probe:
    """Reports each declared scanner, and any other that udev knows to be one.

    Raises ConfigError when a name or an address is none.
    """
    udev = pyudev.Context()
    eyes = [_Eye(item, _settings(item), config, clock) for item in config.declared(KIND)]
    by_plug = [eye.item for eye in eyes if not eye.is_remote]

    def run(context: Context) -> tuple[DeviceState, ...]:
        found = plugged.find(udev, "usb", lambda device: is_scanner(device, by_plug))
        pairs = plugged.pair(by_plug, found)
        declared = (eye.see(context, *pairs.get(eye.item.id, (None, ""))) for eye in eyes)
        return (*declared, *plugged.strays(KIND, pairs, found))

    limit_s = config.probes.timeout_s + sum(eye.limit_s for eye in eyes)
    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), limit_s, run)


def is_scanner(device: pyudev.Device, declared: list[Peripheral]) -> bool:
    """Whether SANE's udev rules know a USB device, or a declaration does."""
    if device.device_type != "usb_device":
        return False
    if device.properties.get("libsane_matched") == "yes":
        return True
    return plugged.is_declared(device, declared)


def is_remote(item: Peripheral, told: Settings) -> bool:
    """Whether no plug of this kiosk tells if the scanner is there."""
    driver = told.device.partition(":")[0]
    return item.match == Match() and (bool(told.url) or driver in _NO_PLUG)


class _Eye:
    """What is remembered of one scanner between looks."""

    def __init__(
        self, item: Peripheral, told: Settings, config: Config, clock: Callable[[], float]
    ) -> None:
        self.item, self._told, self._home, self._clock = item, told, config.state_dir, clock
        self.is_remote = is_remote(item, told)
        self._rhythm, self._trials = Rhythm(told.every_s), Rhythm(None)
        self._looks: tuple[Look, ...] = ()
        self._is_trial = False
        self._node = ""
        self._busy_since: float | None = None

    @property
    def limit_s(self) -> float:
        """How long a look may take."""
        trial_s = sane.TRIAL_S if self._told.trial_scan else 0.0
        return 2 * sane.ASK_S + trial_s + 15.0

    def see(self, context: Context, one: Plugged | None, oddity: str) -> DeviceState:
        """The scanner now: is it there, and what was found when last looked at."""
        if one is None and not self.is_remote:
            self._forget("")
            return plugged.presence(self.item, None, "")
        if one is not None and one.path != self._node:
            self._forget(one.path)  # it came back, or it is another: all is to be seen anew
        self._look(context)
        findings = [look.finding for look in self._looks]
        if self.is_remote:
            state = DeviceState(self.item.id, KIND, Health.OK)
            return add(state, *(findings or [unmeasured()]), self._busy(context))
        return add(plugged.presence(self.item, one, oddity), *findings, self._busy(context))

    def _look(self, context: Context) -> None:
        if not (self._told.device or self._told.url) or context.in_session:
            return
        is_ailing = worst([look.finding.health for look in self._looks]) is not Health.OK
        is_trial = self._told.trial_scan and self._trials.is_due(context, self._clock())
        is_turn = self._rhythm.is_due(context, self._clock())
        # What ails is looked at each time, so that its end is known soon; but a trial makes noise.
        if not (is_turn or is_trial or not self._looks or (is_ailing and not self._is_trial)):
            return
        self._is_trial = is_trial or (is_ailing and self._is_trial)
        self._looks = tuple(self._ask())

    def _ask(self) -> list[Look]:
        looks = []
        if self._told.device:
            device = sane.where_plugged(self._told.device, self._node)
            looks.append(
                sane.ask(
                    device,
                    home=self._home,
                    drivers=self._told.sane_dir,
                    is_remote=self.is_remote,
                    is_trial=self._is_trial,
                )
            )
        if self._told.url:
            looks.append(escl.ask(self._told.url))
        return looks

    def _busy(self, context: Context) -> Finding:
        """Busy is the adviser's doing, unless it lasts without anybody there."""
        if context.in_session or not any(look.is_busy for look in self._looks):
            self._busy_since = None
            return Finding()
        now = self._clock()
        self._busy_since = now if self._busy_since is None else self._busy_since
        if now - self._busy_since < self._told.busy_after_s:
            return Finding()
        return Finding(Health.DEGRADED, (BUSY,))

    def _forget(self, node: str) -> None:
        self._node, self._looks, self._is_trial, self._busy_since = node, (), False, None


def _settings(item: Peripheral) -> Settings:
    told = settings(item, Settings)
    if told.device and not _DEVICE.fullmatch(told.device):
        remedy = "a name that scanimage -L gives, like genesys:libusb:001:004"
        raise wrong(item, "device", told.device, remedy)
    if told.url and not _URL.fullmatch(told.url):
        remedy = "the address of its eSCL, like http://192.0.2.7/eSCL"
        raise wrong(item, "url", told.url, remedy)
    return told
