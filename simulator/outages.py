"""Lines cut on purpose: a file that says whose, and until when. Read while the fleet runs."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

log = logging.getLogger(__name__)


class Outage(Struct, frozen=True, forbid_unknown_fields=True):
    """The lines of `kiosks` are cut until `ends_at`, which has a time zone."""

    kiosks: tuple[str, ...]
    ends_at: datetime


class Outages:
    """Those of one file, which need not be there; it is read anew when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._known: tuple[Outage, ...] = ()

    def cut(self, now: datetime) -> frozenset[str]:
        """Ids of the kiosks that have no line at `now`."""
        self._refresh()
        return frozenset(
            kiosk for outage in self._known if now < outage.ends_at for kiosk in outage.kiosks
        )

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen, self._known = None, ()
            return
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._known = msgspec.json.decode(self._path.read_bytes(), type=tuple[Outage, ...])
        except (OSError, msgspec.DecodeError) as err:  # what was known goes on
            log.warning("%s: %s; must be a list of {kiosks, ends_at}", self._path, err)


def write(path: Path, outages: Sequence[Outage]) -> None:
    """Readers see the old file or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(msgspec.json.encode(outages) + b"\n")
    beside.replace(path)
