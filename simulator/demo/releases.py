"""Releases of the demonstration: signed, imported, and what they do to the simulated fleet."""

from pathlib import Path

import msgspec

from simulator import region
from simulator.demo.prepare import REAL, REGION, Setting
from simulator.salt.effects import Effect

_CHECKOUT = Path(__file__).parents[2]
#: What all kiosks have, what can be rolled out, and what should not have been signed.
FIRST, NEXT, HARMFUL = "2026.11", "2026.12", "2026.12-rc1"
_NOTES = {
    FIRST: "the release that all kiosks have",
    NEXT: "the next one: nothing breaks",
    HARMFUL: "a camera of every fifth kiosk does not come back: see the wave stop",
}


def lay(setting: Setting) -> None:
    """Sign and import them, unless that was done."""
    layout = setting.layout
    known = setting.vigie("release", "list")
    missing = [name for name in _NOTES if name not in known]
    if missing:
        setting.say(f"signing and importing {len(missing)} releases")
        _trust(setting)
    for name in missing:
        _import(setting, name)
    layout.effects.write_bytes(msgspec.json.encode(_effects()))


def _trust(setting: Setting) -> None:
    folder = setting.layout.folder / "releases"
    key = folder / "demo.key"
    if not key.exists():
        folder.mkdir(exist_ok=True)
        public = setting.vigie("release", "keygen", str(key))
        (folder / "demo.pub").write_text(public)
        setting.vigie("release", "trust", "demo", str(folder / "demo.pub"))


def _import(setting: Setting, name: str) -> None:
    folder = setting.layout.folder / "releases"
    built = folder / name
    if not built.exists():
        states, hooks = _CHECKOUT / "salt_states", _CHECKOUT / "firmware_hooks"
        parts = ("--states", str(states), "--hooks", str(hooks))
        signed = ("--key", str(folder / "demo.key"), "--out", str(built))
        setting.vigie("release", "build", name, *parts, *signed)
    setting.vigie("release", "import", str(built), "--why", _NOTES[name])


def _effects() -> dict[str, Effect]:
    simulated = [place.kiosk for place in region.read(REGION, (REAL,))]
    return {
        FIRST: Effect(takes_s=0.5),
        NEXT: Effect(takes_s=4.0),
        HARMFUL: Effect(takes_s=4.0, breaks=dict.fromkeys(simulated[4::5], "camera")),
    }
