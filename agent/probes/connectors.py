"""The sockets that screens are plugged into, as the kernel's DRM shows them.

Files of a connector (Documentation/gpu/drm-uapi):
    /sys/class/drm/card0-HDMI-A-1/status      connected, disconnected or unknown
    .../enabled                               enabled: a picture is sent to it
    .../dpms                                  On, Standby, Suspend or Off
    .../modes                                 1920x1080 and others it offers, the best first
    .../edid                                  what the screen says of itself; empty without one
/sys/kernel/debug/dri/0/state, where there is a debugfs, adds the mode in use.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from agent.probes import edid
from agent.probes.edid import Edid

_CARD = re.compile(r"card(\d+)-(.+)")
#: No screen is ever plugged into these.
_NO_SCREEN = ("Writeback", "Virtual-Writeback")


class Connector(Struct, frozen=True):
    """One socket. `mode` is that in use; empty where nobody says."""

    name: str  # as makers of drivers, xrandr and Wayland call it: HDMI-A-1
    is_connected: bool
    is_enabled: bool = True
    dpms: str = "On"
    modes: tuple[str, ...] = ()
    mode: str = ""
    edid: Edid | None = None

    @property
    def is_lit(self) -> bool:
        """Whether a picture is sent to it."""
        return self.is_enabled and self.dpms == "On"


def read(sys: Path) -> tuple[Connector, ...]:
    """Every socket there is below `sys`, by name."""
    used: dict[str, Mapping[str, str]] = {}
    found = []
    for folder in sorted(sys.glob("class/drm/card*-*")):
        card = _CARD.fullmatch(folder.name)
        if card is None or card[2].startswith(_NO_SCREEN):
            continue
        if card[1] not in used:
            used[card[1]] = parse_state(_text(sys / "kernel/debug/dri" / card[1] / "state"))
        found.append(_connector(folder, card[2], used[card[1]].get(card[2], "")))
    return tuple(found)


def parse_state(raw: str) -> dict[str, str]:
    """The mode in use on each connector, from the `state` of the card's debugfs.

    >>> parse_state('''crtc[51]: pipe A
    ... \\tactive=1
    ... \\tmode: "1920x1080": 60 148500 1920 2008 2052 2200 1080 1084 1089 1125 0x48 0x5
    ... connector[95]: HDMI-A-1
    ... \\tcrtc=pipe A
    ... connector[103]: DP-1
    ... \\tcrtc=(null)
    ... ''')
    {'HDMI-A-1': '1920x1080'}
    """
    modes: dict[str, str] = {}
    used: dict[str, str] = {}
    subject, name = "", ""
    for line in raw.splitlines():
        if not line[:1].isspace():
            subject, _, name = line.partition(": ")
        elif subject.startswith("crtc[") and line.strip().startswith('mode: "'):
            modes[name] = _size(line.split('"')[1])
        elif subject.startswith("connector[") and line.strip().startswith("crtc="):
            used[name] = line.strip().removeprefix("crtc=")
    return {name: modes[crtc] for name, crtc in used.items() if modes.get(crtc)}


def _connector(folder: Path, name: str, mode: str) -> Connector:
    # `dpms` and `enabled` may lack (simple drivers): then nobody says that it is dark. A status of
    # `unknown` is that of a socket which cannot tell: only a plain no is one.
    return Connector(
        name=name,
        is_connected=_text(folder / "status").strip() in ("connected", "unknown"),
        is_enabled=_text(folder / "enabled").strip() != "disabled",
        dpms=_text(folder / "dpms").strip() or "On",
        modes=tuple(dict.fromkeys(map(_size, _text(folder / "modes").split()))),
        mode=mode,
        edid=edid.parse(_bytes(folder / "edid")),
    )


def _size(mode: str) -> str:
    """A mode's width and height; empty when it has none.

    >>> _size("1920x1080i"), _size("")
    ('1920x1080', '')
    """
    found = re.match(r"\d+x\d+", mode)
    return found[0] if found else ""


def _text(path: Path) -> str:
    return _bytes(path).decode(errors="replace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it went away, or this driver has no such file
