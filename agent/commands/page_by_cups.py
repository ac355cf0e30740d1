"""The test page by CUPS: sent under a name of its own, by which a later life finds it again."""

import time

from agent.commands import paper, queues
from agent.commands.errand import End, Job, done, failed, nobody_knows
from agent.commands.queues import COMPLETED, PrintJob
from agent.config import Peripheral
from agent.errors import AgentError
from agent.probes import ipptool, printer_verdict
from agent.probes.ipp import Printer
from agent.probes.printer_verdict import BLOCKING, Bounds
from contract.reasons import OutcomeReason

_STEP_S = 1.0
#: A printer that lacks something so long waits for a human: the page is taken back, so that it
#: does not come out while a citizen is there.
BLOCKED_S = 20.0
#: A page is taken back so long before the errand must have ended.
_RESERVE_S = 30.0

hindrance = queues.hindrance


def run(job: Job, item: Peripheral) -> End:
    """Send it, follow it."""
    document = job.config.state_dir / "test-page.pdf"
    document.write_bytes(paper.page(job.config.kiosk, item.id, job.scene.clock.utc()))
    job.note("sending")
    job.step(10, "sending the page")
    try:
        number = queues.send(queues.address(item), document, "application/pdf", title(job))
    finally:
        document.unlink(missing_ok=True)
    return follow(job, item, number)


def resume(job: Job, item: Peripheral) -> End:
    """CUPS knows whether it took the page."""
    if not job.noted():
        return failed(OutcomeReason.ENDED_BEFORE_BEGUN)
    known = queues.find(queues.address(item), title(job))
    return follow(job, item, known.id) if known is not None else nobody_knows()


def title(job: Job) -> str:
    """The job's name: of this command alone."""
    return f"Vigie {job.entry.id}"


def follow(job: Job, item: Peripheral, number: int) -> End:
    """Until the page is out, or will not come out."""
    uri, blocked_since = queues.address(item), None
    while True:
        now = queues.job(uri, number)
        if now.is_over:
            return over(now)
        why = blocking(uri)
        blocked_since = (blocked_since or time.monotonic()) if why else None
        is_blocked = blocked_since is not None and time.monotonic() - blocked_since >= BLOCKED_S
        if is_blocked or job.left_s < _RESERVE_S:
            return take_back(uri, now, why)
        job.step(50, ", ".join(why) or queues.STATES.get(now.state, "printing"))
        job.is_over.wait(_STEP_S)


def blocking(uri: str) -> tuple[str, ...]:
    """What the printer waits for a human with, as its queue says."""
    said = ipptool.ask(uri)
    if not isinstance(said, Printer):
        return ()
    reasons = printer_verdict.judge(said, None, Bounds()).reasons
    return tuple(one for one in reasons if one in BLOCKING or one == printer_verdict.QUEUE_PAUSED)


def over(job: PrintJob) -> End:
    """What a job that is over means."""
    result = figures(job)
    if job.state == COMPLETED:
        return done(**result)
    detail = job.message or ", ".join(job.reasons) or result["job_state"]
    return failed(OutcomeReason.DID_NOT_WORK, str(detail), **result)


def take_back(uri: str, job: PrintJob, why: tuple[str, ...]) -> End:
    """Cancel the page that does not come out."""
    try:
        queues.cancel(uri, job.id)
        is_back = True
    except AgentError:
        is_back = False
    result = figures(job) | {"printer_reasons": list(why), "taken_back": is_back}
    if why:
        return failed(OutcomeReason.DID_NOT_WORK, ", ".join(why), **result)
    return failed(OutcomeReason.TIMED_OUT, str(result["job_state"]), **result)


def figures(job: PrintJob) -> dict[str, str | int | list[str] | bool]:
    """The job in plain keys."""
    found: dict[str, str | int | list[str] | bool] = {
        "job": job.id,
        "job_state": queues.STATES.get(job.state, str(job.state)),
        "job_reasons": [one for one in job.reasons if one != "none"],
    }
    if job.pages is not None:
        found["printed_pages"] = job.pages
    return found
