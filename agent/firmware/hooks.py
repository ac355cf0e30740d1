"""The hooks that a release brings: hook.toml and quirks.toml read, every file as it was signed.

hooks/v1/<name>/<name>          what is run
hooks/v1/<name>/hook.toml       protocol = 1, user = "root" | "device",
                                candidates = "none" | "usb" | "serial", [limits_s] flash = 900
hooks/v1/<name>/quirks.toml     ["04b8:0e15"] or ["04b8:*"] or ["kind:receipt-printer"]
hooks/v1/lib/                   what hooks share
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agent.firmware.errors import HookError
from agent.firmware.protocol import LIMITS_S, VERSION, State
from agent.releases import Release, ReleaseError

_FOLDER = "hooks/v1"
#: What knows a device best comes first.
_FIRST = "fwupd"


class User(StrEnum):
    """As whom a hook runs."""

    ROOT = "root"
    DEVICE = "device"  # nobody in particular, with the group of the device's node


class Candidates(StrEnum):
    """Which devices a hook is shown."""

    NONE = "none"  # it finds them itself
    USB = "usb"
    SERIAL = "serial"


class _Declaration(Struct, frozen=True, forbid_unknown_fields=True):
    protocol: int
    user: User
    candidates: Candidates
    limits_s: dict[State, float] = {}


class Hook(Struct, frozen=True):
    """One that may run."""

    name: str
    program: Path
    user: User
    candidates: Candidates
    limits_s: Mapping[State, float]
    quirks: Mapping[str, Mapping[str, Any]]

    def quirk(self, *keys: str) -> Mapping[str, Any] | None:
        """The behaviour of the first key that is known; None for a device that is none of ours."""
        return next((self.quirks[key] for key in keys if key in self.quirks), None)


def hooks(release: Release) -> tuple[tuple[Hook, ...], tuple[str, ...]]:
    """Those that may run, fwupd's first; and why others may not."""
    found, troubles = [], []
    for name in _names(release):
        try:
            found.append(hook(release, name))
        except HookError as err:
            troubles.append(str(err))
    return tuple(found), tuple(troubles)


def hook(release: Release, name: str) -> Hook:
    """One by its name. Raises HookError unless all that it is made of is as it was signed."""
    if name not in _names(release):
        raise HookError(f"hook {name!r} is not in the manifest of release {release.name}")
    prove(release, name)
    folder = release.folder / _FOLDER / name
    try:
        told = msgspec.convert(tomllib.loads((folder / "hook.toml").read_text()), _Declaration)
        quirks = tomllib.loads((folder / "quirks.toml").read_text())
    except (OSError, ValueError) as err:  # msgspec's and tomllib's errors are ValueErrors
        raise HookError(f"hook {name}: {err}") from err
    if told.protocol != VERSION:
        raise HookError(f"hook {name} speaks protocol {told.protocol}, must speak {VERSION}")
    limits_s = {**LIMITS_S, **told.limits_s}
    return Hook(name, folder / name, told.user, told.candidates, limits_s, quirks)


def prove(release: Release, name: str) -> None:
    """Raises HookError unless every file of the hook, and of what hooks share, is as signed."""
    try:
        for path in release.files:
            if path.startswith((f"{_FOLDER}/{name}/", f"{_FOLDER}/lib/")):
                release.proven(path)
        strangers = _strangers(release, name)
    except ReleaseError as err:
        raise HookError(f"hook {name} is refused: {err}") from err
    if strangers:
        raise HookError(f"hook {name} is refused: {strangers[0]} is not in the manifest")


def _strangers(release: Release, name: str) -> list[Path]:
    """Files beside the signed ones: Python would import them."""
    folders = (release.folder / _FOLDER / name, release.folder / _FOLDER / "lib")
    found = (path for folder in folders for path in sorted(folder.rglob("*")))
    return [
        path
        for path in found
        if not path.is_dir() and path.relative_to(release.folder).as_posix() not in release.files
    ]


def _names(release: Release) -> list[str]:
    """A hook is a folder with a file of its own name."""
    parts = (path.split("/") for path in release.files if path.startswith(f"{_FOLDER}/"))
    names = {one[2] for one in parts if len(one) == 4 and one[2] == one[3]}
    return sorted(names, key=lambda name: (name != _FIRST, name))
