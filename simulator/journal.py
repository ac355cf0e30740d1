"""A made-up journal: what a simulated kiosk's services may have written, compressed, in pieces."""

import gzip
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contract.command_args import FetchLogs
from contract.health import DeviceState
from contract.messages import Piece

#: Smaller than an agent's, so that even a small file comes in several.
PIECE_BYTES = 4096
_LINES = 800
_UNITS = ("vigie-agent.service", "kiosk.service", "cups.service", "systemd-timesyncd.service")
_TEXTS = (
    "probe finished in {n} ms",
    "page loaded in {n} ms, request {x}",
    "session of the video service {x} ended after {n} s",
    "job {n}: completed",
    "contacted time server 192.0.2.{b}:123",
    "link up, {n} packets since {x}",
)


@dataclass(frozen=True, slots=True)
class File:
    """A compressed journal."""

    name: str
    content: bytes
    lines: int

    @property
    def sha256(self) -> str:
        """Of the whole."""
        return hashlib.sha256(self.content).hexdigest()


def compressed(
    kiosk: str, devices: Sequence[DeviceState], wish: FetchLogs, at: datetime, draw: random.Random
) -> File:
    """The journal of the units asked for up to `at`; the latest of it when it is too long."""
    lines = list(_written(kiosk, devices, wish, at, draw))
    while len(content := gzip.compress("".join(lines).encode(), mtime=0)) > wish.max_bytes:
        lines = lines[len(lines) // 2 :]
    return File(f"{kiosk}-{at:%Y%m%dT%H%M%SZ}.log.gz", content, len(lines))


def pieces(content: bytes) -> tuple[Piece, ...]:
    """The parts of a file in their order; none of an empty one."""
    parts = [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]
    return tuple(Piece(index, len(parts), part) for index, part in enumerate(parts))


def _written(
    kiosk: str, devices: Sequence[DeviceState], wish: FetchLogs, at: datetime, draw: random.Random
) -> Iterator[str]:
    units = wish.units or _UNITS
    for number in range(_LINES):
        moment = at - timedelta(seconds=wish.since_s * (_LINES - number) / _LINES)
        text = draw.choice(_TEXTS).format(
            n=draw.randint(3, 900), b=draw.randint(1, 254), x=f"{draw.getrandbits(48):012x}"
        )
        yield f"{moment:%Y-%m-%dT%H:%M:%SZ} {kiosk} {draw.choice(units)}: {text}\n"
    for one in devices:
        for reason in one.reasons:
            said = f"{one.id} is {one.health}: {reason}"
            yield f"{at:%Y-%m-%dT%H:%M:%SZ} {kiosk} {units[0]}: {said}\n"
