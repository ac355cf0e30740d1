"""Who listens through a microphone: what ALSA says of each card's capture streams.

/proc/asound/card1/pcm0c/sub0/status, while a program records:
state: RUNNING
owner_pid   : 1234
"""

import os
import re
from collections.abc import Collection
from pathlib import Path

from agent.probes import holders
from agent.probes.holders import PROC, Holder

SOUND = PROC / "asound"
_OWNER = re.compile(r"^owner_pid\s*:\s*(\d+)", re.MULTILINE)


class Captures:
    """Remembers which streams there are, until a card comes or goes."""

    def __init__(
        self, ignored: Collection[str] = (), proc: Path = PROC, sound: Path = SOUND
    ) -> None:
        self._ignored, self._proc, self._sound = frozenset(ignored), proc, sound
        self._cards: list[str] = []
        self._streams: tuple[str, ...] = ()

    def who(self) -> Holder | None:
        """A program that records now and is not ours; None when there is none."""
        for path in self._paths():
            owner = parse_owner(_text(path))
            if owner is not None and not holders.is_ours(owner, self._proc):
                name = holders.program(owner, self._proc)
                if name not in self._ignored:
                    return Holder(owner, name, "")
        return None

    def _paths(self) -> tuple[str, ...]:
        try:
            cards = sorted(os.listdir(self._sound))  # noqa: PTH208 - pathlib costs
        except OSError:  # no sound at all
            return ()
        if cards != self._cards:
            found = self._sound.glob("card*/pcm*c/sub*/status")
            self._cards, self._streams = cards, tuple(str(path) for path in sorted(found))
        return self._streams


def parse_owner(status: str) -> int | None:
    """The process (or thread) that records; None of a stream that is closed or stands still.

    >>> parse_owner("state: RUNNING\\nowner_pid   : 1234\\n")
    1234
    >>> parse_owner("closed\\n"), parse_owner("state: SETUP\\nowner_pid   : 1234\\n")
    (None, None)
    """
    if not status.startswith("state: RUNNING"):
        return None
    found = _OWNER.search(status)
    return int(found[1]) if found is not None else None


def _text(path: str) -> str:
    try:
        with open(path) as file:  # noqa: PTH123 - pathlib costs
            return file.read()
    except OSError:
        return ""
