"""`repair-minion`: has the Salt minion run, with its own configuration and key, and its master."""

from agent import minionrepair
from agent.commands import Work
from agent.commands.errand import End, Errand, Job, done, failed
from agent.commands.scene import Scene
from contract.reasons import OutcomeReason

NAME = "repair-minion"


def run(job: Job) -> End:
    """Again is harmless: so a later life begins anew."""
    repaired = minionrepair.repair(job.config, job.step, job.is_over)
    told = {"found": list(repaired.found), "done": list(repaired.done)}
    if repaired.pid is None:
        return failed(OutcomeReason.DID_NOT_WORK, "it has not reached its master", **told)
    return done(**told, pid=repaired.pid)


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, run)
