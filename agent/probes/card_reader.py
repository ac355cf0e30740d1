"""Card readers: plugged in, and known to PC/SC? No card is ever looked at.

udev tells of readers by their USB class (0b, CCID). Every few minutes PC/SC is asked for the names
of its readers, by a child: its library would stay in memory, and waits for ever when pcscd hangs.
"""

import json
import time
from collections.abc import Callable

import pyudev
from msgspec import Struct

from agent import program
from agent.config import Config, Match, Peripheral
from agent.errors import ProgramError
from agent.probe import Context, Probe
from agent.probes import plugged
from agent.probes.finding import Finding, add, unmeasured
from agent.probes.plugged import Plugged
from agent.settings import settings
from contract.health import DeviceState, Health

KIND = "card-reader"
PCSCD_DOWN, NO_DRIVER = "pcscd-down", "no-driver"
_LIMIT_S = 8.0
_CCID = ":0b"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one reader. `reader`: part of the name PC/SC has for it; any when empty."""

    reader: str = ""
    pcsc: bool = True  # false where the application speaks to the reader without PC/SC
    every_s: float = 300.0
    socket: str = "/run/pcscd/pcscd.comm"


class Listing(Struct, frozen=True):
    """What PC/SC answered: names of readers, or why there are none to tell."""

    readers: tuple[str, ...] = ()
    error: str = ""


class _Eye(Struct):
    """What is remembered of one reader between runs."""

    item: Peripheral
    told: Settings
    node: str | None = None
    asked_at: float = 0.0
    listing: Listing | None = None

    @property
    def is_plugless(self) -> bool:
        """Whether PC/SC alone tells that it is there: a serial or virtual reader."""
        return self.item.match == Match() and bool(self.told.reader)


def probe(config: Config, clock: Callable[[], float] = time.monotonic) -> Probe:
    """Reports each declared reader, and any other that is a CCID device."""
    udev = pyudev.Context()
    eyes = [_Eye(item, settings(item, Settings)) for item in config.declared(KIND)]
    by_plug = [eye.item for eye in eyes if not eye.is_plugless]

    def run(_context: Context) -> tuple[DeviceState, ...]:
        found = plugged.find(udev, "usb", lambda device: is_reader(device, by_plug))
        pairs = plugged.pair(by_plug, found)
        declared = (_see(eye, *pairs.get(eye.item.id, (None, "")), clock()) for eye in eyes)
        return (*declared, *plugged.strays(KIND, pairs, found))

    limit_s = config.probes.timeout_s + _LIMIT_S * len(eyes)
    return Probe(KIND, config.probes.period_s(KIND, 60.0), limit_s, run)


def is_reader(device: pyudev.Device, declared: list[Peripheral]) -> bool:
    """Whether a USB device is of the class of card readers, or is declared as one."""
    if device.device_type != "usb_device":
        return False
    if _CCID in device.properties.get("ID_USB_INTERFACES", ""):
        return True
    return plugged.is_declared(device, declared)


def ask(socket: str) -> Listing:
    """The readers PC/SC knows; a pcscd that systemd keeps asleep is woken by it."""
    try:
        environ = {"PCSCLITE_CSOCK_NAME": socket}
        done = program.child("readers", timeout_s=_LIMIT_S, environ=environ)
        return parse(done.out)
    except ProgramError:
        return Listing(error="timed-out")
    except ValueError:
        return Listing(error=f"no answer: {done.err.strip()[-120:]}")


def parse(said: str) -> Listing:
    """Of what agent/children/readers.py prints.

    >>> parse('{"readers": ["Gemalto PC Twin Reader 00 00"]}').readers
    ('Gemalto PC Twin Reader 00 00',)
    """
    answer = json.loads(said)
    return Listing(tuple(answer.get("readers", ())), str(answer.get("error", "")))


def judge(listing: Listing, told: Settings, *, is_plugless: bool) -> Finding:
    """What PC/SC's answer means for one reader."""
    known = [name for name in listing.readers if told.reader in name]
    if known:
        return Finding(facts={"pcsc_name": known[0][:128]})
    if listing.error == "no-service":
        return Finding(Health.FAILED, (PCSCD_DOWN,))
    if listing.error == "no-library":
        return unmeasured(needs="libpcsclite1")
    if listing.error in ("timed-out", "denied"):
        reason = "access-denied" if listing.error == "denied" else "timed-out"
        return Finding(Health.UNKNOWN, (reason,))
    if listing.error:
        return unmeasured(trouble=listing.error[:200])
    if is_plugless:
        return Finding(Health.MISSING, (plugged.NOT_CONNECTED,))
    return Finding(Health.FAILED, (NO_DRIVER,))


def _see(eye: _Eye, one: Plugged | None, oddity: str, now: float) -> DeviceState:
    if one is None and not eye.is_plugless:
        eye.node, eye.listing = None, None
        return plugged.presence(eye.item, None, "")
    state = DeviceState(eye.item.id, KIND, Health.OK)
    if one is not None:
        state = plugged.presence(eye.item, one, oddity)
        if one.path != eye.node:
            eye.node, eye.listing = one.path, None
    if not eye.told.pcsc:
        return state
    return add(state, _listed(eye, now))


def _listed(eye: _Eye, now: float) -> Finding:
    """What PC/SC says of it: asked in its turn, and each time while something ails."""
    known = eye.listing
    found = judge(known, eye.told, is_plugless=eye.is_plugless) if known else None
    is_well = found is not None and found.health is Health.OK
    if found is not None and is_well and now < eye.asked_at + eye.told.every_s:
        return found
    eye.listing, eye.asked_at = ask(eye.told.socket), now
    return judge(eye.listing, eye.told, is_plugless=eye.is_plugless)
