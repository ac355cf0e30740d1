"""The sound cards there are, and what each can do, as udev and ALSA's /proc show it.

A card has one control node and a PCM node for each stream it can play or record:
    /dev/snd/controlC1  /dev/snd/pcmC1D0p (plays)  /dev/snd/pcmC1D0c (records)
/proc/asound/card1/pcm0c/sub0/status is `closed`, or begins with `state: RUNNING`.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

import pyudev
from msgspec import Struct
from msgspec.structs import replace

from agent.config import Peripheral
from agent.probes import plugged
from agent.probes.plugged import Pair, Plugged

_NODE = re.compile(r"controlC(\d+)|pcmC(\d+)D\d+([cp])")


class Direction(StrEnum):
    """Which way sound goes, by the letter that ends a PCM's name."""

    CAPTURE = "c"
    PLAYBACK = "p"


class Card(Struct, frozen=True):
    """One sound card. `id` is ALSA's short name for it: PCH, C270."""

    number: int
    id: str
    plug: Plugged  # its control node; also known as /proc/asound/<id>
    directions: frozenset[Direction]


def read(udev: pyudev.Context) -> tuple[Card, ...]:
    """Every card, by number."""
    controls: dict[int, pyudev.Device] = {}
    streams: dict[int, set[Direction]] = {}
    for device in udev.list_devices(subsystem="sound"):
        node = _NODE.fullmatch(device.sys_name)
        if node is None:
            continue
        if node[1] is not None:
            controls[int(node[1])] = device
        else:
            streams.setdefault(int(node[2]), set()).add(Direction(node[3]))
    cards = (
        _card(number, device, streams.get(number, set()))
        for number, device in sorted(controls.items())
    )
    return tuple(card for card in cards if card is not None)


def pair(
    declared: Sequence[Peripheral], cards: Iterable[Card], direction: Direction
) -> dict[str, tuple[Card | None, Pair]]:
    """For each declared id the card that answers for it, of those that can."""
    able = {card.plug: card for card in cards if direction in card.directions}
    pairs = plugged.pair(declared, tuple(able))
    return {name: (able[one[0]] if one[0] else None, one) for name, one in pairs.items()}


def is_busy(card: Card, proc: Path) -> bool:
    """Whether any of its streams is held open, by whomever."""
    statuses = proc.glob(f"asound/card{card.number}/pcm*/sub*/status")
    return any(not _text(status).startswith("closed") for status in statuses)


def _card(number: int, device: pyudev.Device, directions: set[Direction]) -> Card | None:
    plug = plugged.describe(device)
    if plug is None:
        return None
    parent = device.parent
    name = plugged.attribute(parent, "id") if parent is not None else ""
    links = (*plug.links, f"/proc/asound/{name}") if name else plug.links
    plug = replace(plug, product=plug.product or name, links=links)
    return Card(number, name, plug, frozenset(directions))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the card goes away at this very moment
        return "closed"
