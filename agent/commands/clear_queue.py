"""`clear-queue`: cancels every job that waits or prints in a printer's queue, and counts them."""

from msgspec import Struct

from agent.commands import Work, queues
from agent.commands.errand import End, Errand, Job, done, failed, named
from agent.commands.scene import Scene
from contract.reasons import OutcomeReason

NAME = "clear-queue"
#: A job that prints takes a while to be cancelled: its filters and the printer hear of it.
GONE_S, _STEP_S = 25.0, 1.0


def run(job: Job) -> End:
    """All that are there now; what is sent meanwhile is somebody's wish."""
    (item,) = job.items
    uri = queues.address(item)
    jobs = queues.waiting(uri)
    for number, each in enumerate(jobs):
        job.step(80 * number // len(jobs), "cancelling")
        queues.cancel(uri, each.id)
    asked = {each.id for each in jobs}
    waited_s = 0.0
    while left := asked & {each.id for each in queues.waiting(uri)}:
        if waited_s >= GONE_S or job.is_over.wait(_STEP_S):
            count = len(asked) - len(left)
            detail = f"{len(left)} of {len(asked)} jobs are still there"
            return failed(OutcomeReason.DID_NOT_WORK, detail, cancelled_jobs=count)
        waited_s += _STEP_S
    return done(cancelled_jobs=len(asked))


def resume(job: Job) -> End:
    """What was left is left: somebody may have printed since, and has to be asked."""
    (item,) = job.items
    left = len(queues.waiting(queues.address(item)))
    if left:
        detail = f"{left} jobs are in the queue"
        return failed(OutcomeReason.RESTARTED_WHILE_RUNNING, detail, waiting_jobs=left)
    return done(waiting_jobs=0)


def hindrance(scene: Scene, args: Struct) -> str:
    """A printer without a queue here."""
    (item,) = named(scene, NAME, args)
    return queues.hindrance(item)


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume, hindrance)
