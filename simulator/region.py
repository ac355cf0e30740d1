"""The list of kiosks to simulate: some columns of the import file of `vigie fleet import`."""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from contract.topics import is_kiosk_id
from simulator.errors import RegionError

KINDS = ("pvp", "expert")
_MORE = ("site", "site_name", "provider")


@dataclass(frozen=True, slots=True)
class Place:
    """One kiosk of the list."""

    kiosk: str
    kind: str  # one of KINDS
    site: str = ""
    site_name: str = ""
    provider: str = ""  # of its line to the internet


def read(path: Path, leave_out: Collection[str] = ()) -> tuple[Place, ...]:
    """The kiosks in `path`, without those to leave out.

    Raises RegionError naming file, line, value and remedy.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise RegionError(f"{path} cannot be read: {err}") from err
    places = tuple(_place(path, number, row) for number, row in enumerate(rows, start=2))
    if not places:
        raise RegionError(f"{path} names no kiosk, must have a header and one kiosk a line")
    unknown = set(leave_out) - {place.kiosk for place in places}
    if unknown:
        raise RegionError(f"{path} has no kiosk {', '.join(sorted(unknown))} to leave out")
    return tuple(place for place in places if place.kiosk not in leave_out)


def _place(path: Path, number: int, row: dict[str, str]) -> Place:
    kiosk, kind = row.get("kiosk") or "", row.get("kind") or ""
    if not is_kiosk_id(kiosk):
        raise RegionError(f"{path}, line {number}: kiosk is {kiosk!r}, must be a kiosk id")
    if kind not in KINDS:
        remedy = " or ".join(KINDS)
        raise RegionError(f"{path}, line {number}: kind is {kind!r}, must be {remedy}")
    return Place(kiosk, kind, *(row.get(name) or "" for name in _MORE))
