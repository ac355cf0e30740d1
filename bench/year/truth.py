"""What really happened in the year, kept apart from what was reported: the file to judge by."""

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec


class Cause(StrEnum):
    """Where a fault sits: what an alert should name."""

    DEVICE = "device"
    KIOSK = "kiosk"
    SITE = "site"
    DEPARTMENT = "department"
    PROVIDER = "provider"
    FLEET = "fleet"
    BROKER = "broker"


class Fault(msgspec.Struct, frozen=True):
    """One thing that somebody must be told of, once. Times are UTC."""

    id: int
    cause: Cause
    kiosks: tuple[str, ...]
    what: str
    began_at: datetime
    ended_at: datetime
    devices: tuple[str, ...] = ()  # ids; none: the kiosk itself is dark
    is_silenced: bool = False  # people knew: alerted, and nobody told


class Truth(msgspec.Struct, frozen=True):
    """The faults of the year, and how often what was not one looked like one."""

    seed: int
    first: datetime
    last: datetime
    faults: tuple[Fault, ...]
    noise: dict[str, int]

    def write(self, path: Path) -> None:
        """As JSON, to be read by people too."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))


def read(path: Path) -> Truth:
    """The truth in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Truth)


#: What ends a fault ends its alert only after a hold-off; what is told until then belongs to it.
AFTERMATH = timedelta(hours=12)
