"""What is plugged in now, as it could be declared: by what each probe itself looks for.

What cannot be told from something else (a reader that types from a keyboard, the sound of the
mainboard) is proposed as not sure: a person has to say.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyudev
from msgspec import Struct
from msgspec.structs import replace

from agent import program
from agent.config import Match, Peripheral
from agent.errors import ProgramError
from agent.probes import (
    alsa,
    camera,
    card_reader,
    connectors,
    plugged,
    printer,
    scanner,
    touchscreen,
)
from agent.probes.plugged import Plugged

LPSTAT = "/usr/bin/lpstat"
_LPSTAT_S = 10.0
_QUEUE = re.compile(r"device for ([^\s/#?%&]{1,127}): (\S+)")
_STABLE = re.compile(r"/dev/.+/by-(path|id)/")
_READER = re.compile(r"bar ?code|scanner|imager|\bqr\b", re.IGNORECASE)


class Proposal(Struct, frozen=True):
    """One peripheral to declare. `product` is its maker's name for it."""

    item: Peripheral
    product: str = ""
    is_sure: bool = True


def discover(
    udev: pyudev.Context, queues: Mapping[str, str], declared: Sequence[Peripheral], sys: Path
) -> tuple[Proposal, ...]:
    """What is there and not declared yet. `queues` of CUPS: name -> device URI."""
    found: dict[str, tuple[tuple[Plugged, bool], ...]] = {
        "camera": _sure(camera.read(udev)),
        "microphone": _cards(udev, alsa.Direction.CAPTURE),
        "speakers": _cards(udev, alsa.Direction.PLAYBACK),
        "touchscreen": _sure(plugged.find(udev, "input", touchscreen.is_touch)),
        "scanner": _sure(plugged.find(udev, "usb", _is_scanner)),
        "card-reader": _sure(
            plugged.find(udev, "usb", lambda device: card_reader.is_reader(device, []))
        ),
        "barcode-reader": _readers(udev),
    }
    proposals = [
        proposal
        for kind, plugs in found.items()
        for proposal in _new(kind, plugs, [item for item in declared if item.kind == kind])
    ]
    printers = plugged.find(udev, "usb", printer.is_printer)
    proposals += _screens(sys, declared)
    proposals += _printers(queues, printers, declared)
    return _named(proposals, declared)


def queues() -> dict[str, str]:
    """The queues CUPS has, where there is a CUPS."""
    try:
        return parse_queues(program.run([LPSTAT, "-v"], _LPSTAT_S).out)
    except ProgramError:
        return {}


def parse_queues(said: str) -> dict[str, str]:
    """Of what `lpstat -v` says.

    >>> parse_queues("device for Laser: usb://HP/LaserJet?serial=VNB3\\n")
    {'Laser': 'usb://HP/LaserJet?serial=VNB3'}
    """
    return dict(_QUEUE.findall(said))


def match_of(one: Plugged, alike: Sequence[Plugged]) -> Match:
    """What tells a peripheral from its like, here: `alike` are all there are of its kind.

    >>> match_of(Plugged("/dev/video0", "046d:0825", "A1", "1-1"), [])
    Match(usb_id='046d:0825', serial='A1', port=None, path=None, queue=None)
    """
    if not one.usb_id:
        stable = next((link for link in sorted(one.links) if _STABLE.match(link)), None)
        other = next(iter(one.links), one.path)
        return Match(path=stable or other)
    twins = [each for each in alike if each.usb_id == one.usb_id and each is not one]
    # Some makers give one serial number to a whole batch.
    if one.serial and all(each.serial != one.serial for each in twins):
        return Match(usb_id=one.usb_id, serial=one.serial)
    return Match(usb_id=one.usb_id, port=one.port) if twins else Match(usb_id=one.usb_id)


def _sure(found: Sequence[Plugged]) -> tuple[tuple[Plugged, bool], ...]:
    return tuple((one, True) for one in found)


def _new(
    kind: str, found: Sequence[tuple[Plugged, bool]], declared: Sequence[Peripheral]
) -> list[Proposal]:
    plugs = [one for one, _ in found]
    taken = [one for one, _ in plugged.pair(declared, plugs).values()]
    return [
        Proposal(Peripheral("", kind, match=match_of(one, plugs)), one.product, is_sure)
        for one, is_sure in found
        if one not in taken
    ]


def _is_scanner(device: pyudev.Device) -> bool:
    return scanner.is_scanner(device, [])


def _cards(udev: pyudev.Context, way: alsa.Direction) -> tuple[tuple[Plugged, bool], ...]:
    cards = (card for card in alsa.read(udev) if way in card.directions)
    # Of a mainboard's many outputs nobody knows which one is used.
    return tuple((card.plug, bool(card.plug.usb_id)) for card in cards)


def _readers(udev: pyudev.Context) -> tuple[tuple[Plugged, bool], ...]:
    serial = plugged.find(udev, "tty", _on(lambda device: True))
    keyed = plugged.find(udev, "input", _on(_is_keyboard))
    named = [one for one in keyed if _READER.search(one.product)]
    # A serial port may be a modem's, a receipt printer's, anything's.
    return tuple((one, bool(_READER.search(one.product))) for one in (*serial, *named))


def _on(is_one: Callable[[pyudev.Device], bool]) -> Callable[[pyudev.Device], bool]:
    """Of those on USB only that have a node."""
    return lambda device: (
        bool(device.device_node)
        and device.find_parent("usb", "usb_device") is not None
        and is_one(device)
    )


def _is_keyboard(device: pyudev.Device) -> bool:
    return bool(device.properties.get("ID_INPUT_KEYBOARD") == "1")


def _screens(sys: Path, declared: Sequence[Peripheral]) -> list[Proposal]:
    known = {item.settings.get("connector") for item in declared if item.kind == "screen"}
    return [
        Proposal(
            Peripheral("", "screen", settings={"connector": one.name}),
            one.edid.product if one.edid is not None else "",
        )
        for one in connectors.read(sys)
        if one.is_connected and one.name not in known
    ]


def _printers(
    queues: Mapping[str, str], plugs: Sequence[Plugged], declared: Sequence[Peripheral]
) -> list[Proposal]:
    own = [item for item in declared if item.kind in ("printer", "receipt-printer")]
    known = {item.match.queue for item in own}
    found = [
        Proposal(Peripheral("", "printer", match=Match(queue=name)), uri.partition("?")[0])
        for name, uri in queues.items()
        if name not in known
    ]
    taken = [one for one, _ in plugged.pair(own, plugs).values()]
    queued = " ".join(queues.values())
    # Without a queue it may be a receipt printer, or one that is still to be set up.
    return found + [
        Proposal(Peripheral("", "printer", match=match_of(one, plugs)), one.product, is_sure=False)
        for one in plugs
        if one not in taken and not (one.serial and one.serial in queued)
    ]


def _named(proposals: Sequence[Proposal], declared: Sequence[Peripheral]) -> tuple[Proposal, ...]:
    """Each with an id of its own: its kind, and a number where there are several."""
    taken = {item.id for item in declared}
    named = []
    for each in proposals:
        kind = each.item.kind
        numbers = (kind if n == 1 else f"{kind}-{n}" for n in range(1, len(taken) + 2))
        name = next(one for one in numbers if one not in taken)
        taken.add(name)
        named.append(replace(each, item=replace(each.item, id=name)))
    return tuple(named)
