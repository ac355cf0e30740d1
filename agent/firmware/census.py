"""All hooks asked for what they see, and one list made of it: a device is named once."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agent.config import Config
from agent.firmware.candidates import DEV, SYS, Candidate, candidates
from agent.firmware.errors import HookError
from agent.firmware.hooks import Hook, hooks
from agent.firmware.process import Place, Rules, run
from agent.firmware.protocol import VERSION, Device, State, devices, silent
from agent.releases import Release


class Census(Struct, frozen=True):
    """What was found, and the hooks that could not say."""

    devices: tuple[Device, ...] = ()
    troubles: tuple[str, ...] = ()


class World(Struct, frozen=True):
    """Where to look."""

    sys: Path = SYS
    dev: Path = DEV


def take(release: Release, config: Config, folder: Path, rules: Rules, world: World) -> Census:
    """Ask every hook of a release. A hook that fails costs its own devices only."""
    usable, refused = hooks(release)
    troubles, found = list(refused), []
    for hook in usable:
        shown = candidates(hook, config.peripherals, world.sys, world.dev)
        try:
            asked = ask(hook, shown, folder, rules)
            found.append(asked.devices)
            troubles += asked.troubles
        except HookError as err:
            troubles.append(str(err))
    return Census(merged(found), tuple(troubles))


def ask(hook: Hook, shown: Iterable[Candidate], folder: Path, rules: Rules) -> Census:
    """What one hook sees. Raises HookError when it does not say."""
    place = Place(folder / "census" / hook.name / "work", folder / "census" / hook.name / "out")
    listed = tuple(shown)
    request = {
        "protocol": VERSION,
        "folder": str(place.work),
        "candidates": msgspec.to_builtins(listed),
    }
    for path in (folder, folder / "census", place.out.parent):
        path.mkdir(parents=True, mode=0o711, exist_ok=True)
    place.work.mkdir(mode=0o700, exist_ok=True)
    try:
        told = run(hook, State.INVENTORY, request, place, rules)
    finally:
        shutil.rmtree(place.out.parent, ignore_errors=True)
    if not told.is_good:
        raise HookError(f"hook {hook.name}: inventory: {told.reason}")
    found = once(devices(told, hook.name), listed)
    return Census(found, silent(told, hook.name))


def once(found: Iterable[Device], shown: Iterable[Candidate]) -> tuple[Device, ...]:
    """Of a device with several ports, the first that answered; with its USB id filled in."""
    by_id = {one.id: one for one in shown}
    kept: dict[str, Device] = {}
    for device in found:
        candidate = by_id.get(device.id)
        whole = candidate.sys if candidate is not None and candidate.sys else device.id
        usb_id = device.usb_id or (candidate.usb_id if candidate is not None else "")
        kept.setdefault(whole, replace(device, usb_id=usb_id))
    return tuple(kept.values())


def merged(found: Iterable[tuple[Device, ...]]) -> tuple[Device, ...]:
    """One list. What an earlier hook (fwupd, that is) knows by its USB id, later ones leave out."""
    kept: list[Device] = []
    for devices_ in found:
        known = {one.usb_id for one in kept if one.usb_id}
        kept += [one for one in devices_ if one.usb_id not in known]
    return tuple(kept)
