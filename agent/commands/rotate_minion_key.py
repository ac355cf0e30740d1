"""`rotate-minion-key`: another key for the Salt minion, in use once its master has it."""

import hashlib

from msgspec import Struct

from agent import minion, minionkey, minionrepair
from agent.commands import Work, verdicts
from agent.commands.errand import End, Errand, Job, done, failed
from agent.commands.scene import Scene
from agent.errors import EnrolError
from agent.minionlife import is_installed
from contract.reasons import OutcomeReason

NAME = "rotate-minion-key"
_SHOWN = 16


def run(job: Job) -> End:
    """Noted is the key there was, so that a later life knows whether it is another."""
    job.note(_digest(job))
    return _rotate(job)


def resume(job: Job) -> End:
    """An exchange goes on where it was cut off; one that was finished is not begun again."""
    if not job.noted():
        return run(job)
    is_exchanged = job.noted() != _digest(job) and not minionkey.is_unfinished(job.config)
    return _use(job) if is_exchanged else _rotate(job)


def _rotate(job: Job) -> End:
    try:
        minionkey.exchange(job.config, job.step)
    except EnrolError as err:
        return failed(OutcomeReason.DID_NOT_WORK, str(err))
    return _use(job)


def _use(job: Job) -> End:
    """Salt's own copy, and a minion that the master lets in with it."""
    process = minionrepair.use_key(job.config, job.step, job.is_over)
    keys = {"key_before": job.noted()[:_SHOWN], "key": _digest(job)[:_SHOWN]}
    if process is None:
        return failed(OutcomeReason.DID_NOT_WORK, "it has not reached its master", **keys)
    return done(**keys, pid=process)


def _digest(job: Job) -> str:
    """Of the public half; of none, a word."""
    try:
        public = minion.public(minion.kept(job.config.broker.key).key)
    except EnrolError:
        return "none"
    return hashlib.sha256(public.encode("ascii")).hexdigest()


def hindrance(scene: Scene, _args: Struct) -> str:
    """No minion."""
    place = scene.config.minion
    if is_installed(place):
        return ""
    return verdicts.lacking(f"install salt-minion (minion.programs is {place.programs})")


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume, hindrance)
