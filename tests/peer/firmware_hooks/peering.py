"""What the conformance suite asks of a hook's peer: the device that it is tried on.

A hook `firmware_hooks/v1/<name>` has its own in `peers/<name>.py` ("-" is "_"): a class `Peer`.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent.config import Peripheral
from tests.peer.region import ROOT

HOOKS = ROOT / "firmware_hooks" / "v1"


@dataclass(frozen=True, slots=True)
class Firmware:
    """A file of a release, and the version that the release says it brings."""

    file: str
    content: bytes
    version: str


class Peer(Protocol):
    """One device that runs `old`, takes `new`, and makes of `wrong` another version than it says.

    `quirks` is added to the hook's quirks.toml; `environ` to what hooks run in; `match` is how the
    release's index names the device. It lasts for many tests: `reset` brings `old` back.
    """

    quirks: str
    peripherals: tuple[Peripheral, ...]
    environ: Mapping[str, str]
    match: Mapping[str, str]
    sys: Path
    old: Firmware
    new: Firmware
    wrong: Firmware

    def version(self) -> str:
        """What the device really runs, not by way of the hook; "" when it runs nothing."""

    def reset(self) -> None:
        """As it came from the works, with `old`."""

    def close(self) -> None:
        """Away with it."""


def names() -> list[str]:
    """Every hook there is: a folder with a program of its own name."""
    return sorted(one.name for one in HOOKS.iterdir() if (one / one.name).is_file())


def peer(name: str, folder: Path) -> Peer:
    """The device of a hook. A hook without one cannot be merged: it is not known to work."""
    module: Any = importlib.import_module(
        f"tests.peer.firmware_hooks.peers.{name.replace('-', '_')}"
    )
    made: Peer = module.Peer(folder)
    return made
