"""What a release does to simulated kiosks: a file that says so, read while the fleet runs.

    {"2026.12": {"takes_s": 3, "fails": ["pvp-03185-1"], "breaks": {"pvp-15014-1": "camera"}}}

A release that is not named does what it should. The file need not be there.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

log = logging.getLogger(__name__)


class Effect(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one release. `fails`: kiosks on which one of its states fails; `breaks`: kiosk -> part.

    `is_invalid`: its states cannot be read, on any kiosk. `tampered`: kiosks on which something was
    changed by hand since.
    """

    takes_s: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    fails: frozenset[str] = frozenset()
    breaks: Mapping[str, str] = {}
    tampered: frozenset[str] = frozenset()
    is_invalid: bool = False


class Effects:
    """Those of one file, read anew when it has changed. From several threads at once."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], Mapping[str, Effect]] = ((0, 0), {})

    def of(self, release: str) -> Effect:
        """What this release does."""
        return self._known().get(release, Effect())

    def _known(self) -> Mapping[str, Effect]:
        seen, known = self._read
        if self._path is None:
            return known
        try:
            stat = self._path.stat()
            if (stat.st_mtime_ns, stat.st_ino) == seen:
                return known
            fresh = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Effect])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as err:  # what was known goes on
            log.warning("%s: %s; must be {release: {takes_s, fails, breaks}}", self._path, err)
            return known
        self._read = ((stat.st_mtime_ns, stat.st_ino), fresh)
        return fresh
