"""`test-camera`: looks through the camera for a moment; the verdict alone leaves this kiosk."""

import time
from collections.abc import Callable

import pyudev
from msgspec import Struct

from agent.commands import Work, verdicts
from agent.commands.errand import End, Errand, Job, named, nobody_knows
from agent.commands.scene import Scene
from agent.config import Peripheral
from agent.probes import camera, looking, plugged
from agent.probes.camera import Find
from agent.probes.camera_eye import BUSY, Means, Settings, describe, judge
from agent.probes.finding import Finding
from agent.probes.holders import Holders
from agent.probes.plugged import NOT_CONNECTED, Plugged
from agent.settings import settings
from contract.health import Health

NAME = "test-camera"
#: The probe may be looking at this very moment.
_TRIES, _PAUSE_S = 3, 2.0


class CameraTest:
    """With which eyes it looks."""

    def __init__(
        self,
        find: Find | None = None,
        means: Means | None = None,
        ask: Callable[[str], tuple[Finding, bool]] = describe,
    ) -> None:
        self._find = find or (lambda: camera.read(pyudev.Context()))
        self._means = means or Means(Holders().who, looking.look, time.monotonic)
        self._ask = ask

    def run(self, job: Job) -> End:
        """Through each camera in turn."""
        items = job.items
        pairs = plugged.pair(job.config.declared(camera.KIND), self._find())
        found: dict[str, Finding] = {}
        for number, item in enumerate(items):
            job.step(100 * number // len(items), f"looking through {item.id}")
            found[item.id] = self._look(item, pairs[item.id][0], job)
        return verdicts.end(found)

    def _look(self, item: Peripheral, one: Plugged | None, job: Job) -> Finding:
        if one is None:
            return Finding(Health.MISSING, (NOT_CONNECTED,))
        holder = self._means.who((one.path, *one.links))
        if holder is not None:
            return Finding(Health.UNKNOWN, (BUSY,), {}, {"held_by": holder.program[:64]})
        described, _ = self._ask(one.path)
        if described.health is not Health.OK:
            return described
        limit_s = settings(item, Settings).limit_s
        for _ in range(_TRIES):
            seen = judge(self._means.look(one.path, limit_s), is_open=True)
            if seen is not None or job.is_over.wait(_PAUSE_S):
                return seen or Finding(Health.UNKNOWN, (BUSY,))
        return Finding(Health.UNKNOWN, (BUSY,))


def hindrance(scene: Scene, args: Struct) -> str:
    """A camera that is declared never to be opened is not."""
    if all(settings(item, Settings).look for item in named(scene, NAME, args)):
        return ""
    return verdicts.lacking("settings.look is false, must be true to look through it")


def resume(_job: Job) -> End:
    """A look leaves nothing behind: it is not worth giving late."""
    return nobody_knows()


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, CameraTest().run, resume, hindrance)
