"""The devices that a hook is shown: what is plugged in and has a quirk of it.

/sys/bus/usb/devices/1-1.2/idVendor, idProduct, serial, product
/sys/class/tty/ttyUSB0/device -> .../1-1.2/1-1.2:1.0/ttyUSB0     a serial port on it
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from agent.config import Peripheral
from agent.firmware.hooks import Candidates, Hook

SYS, DEV = Path("/sys"), Path("/dev")


class Candidate(Struct, frozen=True):
    """One device. `id` stays its own over reboots, and while it has the same serial or port."""

    id: str
    quirk: dict[str, Any]
    usb_id: str = ""
    serial: str = ""
    product: str = ""
    sys: str = ""
    node: str = ""


def candidates(
    hook: Hook, declared: Iterable[Peripheral], sys: Path = SYS, dev: Path = DEV
) -> tuple[Candidate, ...]:
    """What a hook is shown, by id."""
    if hook.candidates is Candidates.NONE:
        return ()
    if hook.candidates is Candidates.USB:
        found = list(_usb(hook, sys))
    else:
        found = list(_serial(hook, sys, dev))
        seen = {one.node for one in found}
        found += [one for one in _declared(hook, declared) if one.node not in seen]
    return tuple(sorted(found, key=lambda one: one.id))


def _usb(hook: Hook, sys: Path) -> Iterator[Candidate]:
    for folder in sorted((sys / "bus/usb/devices").glob("*")):
        if ":" in folder.name:
            continue
        found = _of(hook, folder.resolve())
        if found is not None:
            yield found


def _serial(hook: Hook, sys: Path, dev: Path) -> Iterator[Candidate]:
    for tty in sorted((sys / "class/tty").glob("tty*")):
        interface = next((path for path in tty.resolve().parents if ":" in path.name), None)
        if interface is None or not (interface / "bInterfaceNumber").exists():
            continue
        found = _of(hook, interface.parent)
        if found is not None:
            number = _text(interface / "bInterfaceNumber")
            yield Candidate(
                f"{found.id}/{number}", found.quirk, found.usb_id, found.serial, found.product,
                found.sys, str(dev / tty.name),
            )  # fmt: skip


def _declared(hook: Hook, declared: Iterable[Peripheral]) -> Iterator[Candidate]:
    """Serial ports that are no USB's: agent.toml says what is on them."""
    for item in declared:
        quirk = hook.quirk(f"kind:{item.kind}")
        if quirk is not None and item.match.path is not None:
            yield Candidate(item.id, dict(quirk), node=item.match.path, product=item.kind)


def _of(hook: Hook, folder: Path) -> Candidate | None:
    vendor, product = _text(folder / "idVendor").lower(), _text(folder / "idProduct").lower()
    quirk = hook.quirk(f"{vendor}:{product}", f"{vendor}:*")
    if quirk is None or not vendor:
        return None
    serial, usb_id = _text(folder / "serial"), f"{vendor}:{product}"
    name = f"usb:{usb_id}:{serial or folder.name}"
    return Candidate(name, dict(quirk), usb_id, serial, _text(folder / "product"), str(folder))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()[:100]
    except OSError:
        return ""
