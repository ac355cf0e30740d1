"""`check-up`: every probe looks as closely as it can, one after the other; what is amiss now."""

from collections.abc import Mapping
from queue import Empty, SimpleQueue

from agent.commands import Work
from agent.commands.errand import End, Errand, Job, done, nobody_knows
from agent.commands.scene import Scene
from agent.config import BUILT_IN
from agent.scheduler import Result
from contract.health import DeviceState, Health

NAME = "check-up"
#: The slowest probe takes so long at most; who does not answer by then is told.
ONE_S = 60.0
_FINE = (Health.OK,)
_MAX_TEXTS, _MAX_TEXT = 64, 300


def run(job: Job) -> End:
    """A report of all that was found rides beside it, by the usual way."""
    before = job.devices()
    kinds = sorted({*BUILT_IN, *(item.kind for item in job.config.peripherals)})
    heard: SimpleQueue[Result] = SimpleQueue()
    job.in_loop(lambda: job.scene.watchers.append(heard.put))
    silent = []
    try:
        for number, kind in enumerate(kinds):
            job.step(100 * number // len(kinds), kind)
            if job.is_over.is_set() or not _looked(job, kind, heard):
                silent.append(kind)
    finally:
        job.in_loop(lambda: job.scene.watchers.remove(heard.put))
    return end(before, job.devices(), silent, len(kinds))


def end(
    before: Mapping[str, DeviceState],
    after: Mapping[str, DeviceState],
    silent: list[str],
    probes: int,
) -> End:
    """What the look came to. Pure. It succeeds whatever it finds: to look was the order."""
    amiss = [line(one) for _, one in sorted(after.items()) if one.health not in _FINE]
    return done(
        probes=probes,
        devices=len(after),
        amiss=[text[:_MAX_TEXT] for text in amiss[:_MAX_TEXTS]],
        changed=changes(before, after)[:_MAX_TEXTS],
        unanswered=silent,
    )


def changes(before: Mapping[str, DeviceState], after: Mapping[str, DeviceState]) -> list[str]:
    """What is otherwise than it was, a line a device.

    >>> changes({"a": DeviceState("a", "usb", Health.OK)}, {})
    ['a: ok -> gone']
    """
    found = []
    for name in sorted({*before, *after}):
        old = str(before[name].health) if name in before else "new"
        new = str(after[name].health) if name in after else "gone"
        if old != new:
            found.append(f"{name}: {old} -> {new}")
    return found


def line(state: DeviceState) -> str:
    """One device in one line.

    >>> line(DeviceState("camera", "camera", Health.FAILED, ("black", "frozen")))
    'camera: failed: black, frozen'
    """
    why = ", ".join(state.reasons)
    return f"{state.id}: {state.health}: {why}" if why else f"{state.id}: {state.health}"


def resume(_job: Job) -> End:
    """To look leaves nothing behind: it is not worth telling late."""
    return nobody_knows()


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume)


def _looked(job: Job, kind: str, heard: "SimpleQueue[Result]") -> bool:
    began = job.scene.clock.monotonic()
    limit = began + min(ONE_S, job.left_s)
    job.in_loop(lambda: job.scene.look(kind))
    while (left_s := limit - job.scene.clock.monotonic()) > 0:
        try:
            result = heard.get(timeout=left_s)
        except Empty:
            return False
        if result.probe == kind and result.started >= began:
            return result.error is None
    return False
