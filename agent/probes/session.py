"""Is a citizen there? So it is while a program holds the camera and listens to the microphone.

Nobody declares a session: it comes with a camera or a microphone. On a kiosk with only one of them
declared that one tells. Our own processes never count. Who visits is not known here, nor asked.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyudev
from msgspec import Struct

from agent.config import Config, Peripheral
from agent.probe import Context, Probe
from agent.probes import camera, plugged, visit
from agent.probes.capture import SOUND, Captures
from agent.probes.holders import PROC, VIDEO, Holders, uses
from agent.probes.visit import Memory, Moment
from agent.settings import settings
from contract.health import DeviceState, Health

KIND = "session"
PERIOD_S = 5.0
#: While nothing changes the memory is written this often: what a power cut may cost of a duration.
_KEEP_S = 60.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`min_s`: shorter holds are none. `gap_s`: let go for less, it goes on.

    `ignored`: programs, by comma, whose hold is no visit.
    """

    min_s: float = 10.0
    gap_s: float = 10.0
    ignored: str = ""


class World(Struct, frozen=True):
    """Where to look. `nodes`: of the declared cameras; None: ask udev."""

    proc: Path = PROC
    sound: Path = SOUND
    video: Path = VIDEO
    nodes: Callable[[], frozenset[str]] | None = None
    uptime_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)


class Eye:
    """Sees whether camera and microphone are held."""

    def __init__(self, config: Config, told: Settings, world: World) -> None:
        ignored = [name.strip() for name in told.ignored.split(",") if name.strip()]
        self._cameras = config.declared("camera")
        self._has_microphone = bool(config.declared("microphone"))
        self._captures = Captures(ignored, world.proc, world.sound)
        self._holders = Holders(ignored, world.proc, lambda: uses(world.video))
        self._nodes = world.nodes or Nodes(self._cameras, world.video)

    def is_held(self) -> bool:
        """Camera and microphone, or the one there is. The cheap question comes first."""
        if self._has_microphone and self._captures.who() is None:
            return False
        return not self._cameras or self._holders.who(self._nodes()) is not None


class Nodes:
    """The nodes of the declared cameras: udev is asked when the list of nodes has changed."""

    def __init__(self, declared: tuple[Peripheral, ...], folder: Path) -> None:
        self._declared, self._folder = declared, folder
        self._udev = pyudev.Context()
        self._listed: list[str] | None = None
        self._nodes: frozenset[str] = frozenset()

    def __call__(self) -> frozenset[str]:
        """Paths such as /dev/video0."""
        try:
            listed = sorted(os.listdir(self._folder))  # noqa: PTH208 - pathlib costs
        except OSError:
            listed = []
        if listed != self._listed:
            pairs = plugged.pair(self._declared, camera.read(self._udev))
            self._nodes = frozenset(one.path for one, _ in pairs.values() if one is not None)
            # Without all of them udev may not be done: it is asked again.
            self._listed = listed if len(self._nodes) == len(self._declared) else None
        return self._nodes


def probe(config: Config, world: World | None = None) -> Probe:
    """Reports the one device `session` (or as declared): its facts say whether, and since when."""
    world = world or World()
    declared = config.declared(KIND)
    item = declared[0] if declared else Peripheral(KIND, KIND)
    told = settings(item, Settings)
    eye = Eye(config, told, world)
    book = Book(config.state_dir / "session.json")

    def run(context: Context) -> tuple[DeviceState, ...]:
        now = Moment(context.boot_id, world.uptime_s(), datetime.now(UTC).isoformat())
        before = book.memory
        is_held = eye.is_held()
        book.write(
            visit.step(before, now, is_held=is_held, min_s=told.min_s, gap_s=told.gap_s), now
        )
        return (state(item.id, book.memory),)

    return Probe(KIND, config.probes.period_s(KIND, PERIOD_S), config.probes.timeout_s, run)


def state(device: str, memory: Memory) -> DeviceState:
    """A session as a device: it ails from nothing."""
    facts: dict[str, str | bool | int | float] = {"in_session": memory.in_session}
    if memory.hold is not None and memory.in_session:
        facts["began_at"] = memory.hold.began.at
    if memory.past is not None:
        facts["last_began_at"] = memory.past.began_at
        facts["last_duration_s"] = round(memory.past.duration_s, 1)
        facts["last_is_cut_short"] = memory.past.is_cut_short
    return DeviceState(device, KIND, Health.OK, (), {}, facts)


class Book:
    """The memory, and the file that keeps it. A disk that takes nothing costs only the memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written_s = float("-inf")
        self.memory = Memory()
        with suppress(OSError, msgspec.DecodeError):  # none yet, or a power cut spoilt it
            self.memory = msgspec.json.decode(path.read_bytes(), type=Memory)

    def write(self, memory: Memory, now: Moment) -> None:
        """Keep it; on disk when it matters."""
        before, self.memory = self.memory, memory
        is_news = before.in_session != memory.in_session or before.past != memory.past
        is_late = memory.in_session and now.uptime_s >= self._written_s + _KEEP_S
        if not is_news and not is_late:
            return
        self._written_s = now.uptime_s
        draft = self._path.with_suffix(".new")
        with suppress(OSError):  # full or read-only: the storage probe says it
            draft.write_bytes(msgspec.json.encode(memory))
            draft.replace(self._path)
