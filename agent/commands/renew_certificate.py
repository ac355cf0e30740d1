"""`renew-certificate`: another key and certificate, in use once the broker has taken them."""

import hashlib
from datetime import datetime

from agent import expiry, renewal
from agent.commands import Work
from agent.commands.errand import End, Errand, Job, done, failed
from agent.commands.scene import Scene
from agent.errors import EnrolError
from agent.foresight import ports
from contract.reasons import OutcomeReason

NAME = "renew-certificate"


def run(job: Job) -> End:
    """Noted is the certificate there was, so that a later life knows whether it is another."""
    job.note(_digest(job))
    return _renew(job)


def resume(job: Job) -> End:
    """A renewal goes on where it was cut off; one that was finished is not begun again."""
    is_finished = job.noted() not in ("", _digest(job)) and not renewal.is_unfinished(
        renewal.present(job.config.broker)
    )
    if is_finished:
        return done(**_ends(None, _end_of(job)))
    return _renew(job) if job.noted() else run(job)


def _renew(job: Job) -> End:
    before = _end_of(job)
    try:
        renewal.renew(job.config, ports(job.scene, job.step, job.is_over))
    except EnrolError as err:
        return failed(OutcomeReason.DID_NOT_WORK, str(err), **_ends(None, _end_of(job)))
    return done(**_ends(before, _end_of(job)))


def _end_of(job: Job) -> datetime | None:
    found = expiry.read(job.config.broker.certificate)
    return found.ends if found else None


def _digest(job: Job) -> str:
    try:
        return hashlib.sha256(job.config.broker.certificate.read_bytes()).hexdigest()
    except OSError:
        return ""


def work(scene: Scene) -> Work:
    """The command."""
    return Errand(NAME, scene, run, resume)


def _ends(before: datetime | None, after: datetime | None) -> dict[str, str]:
    told = {"expired_at_before": before, "expires_at": after}
    return {name: at.isoformat() for name, at in told.items() if at is not None}
