"""The test ticket of a receipt printer: its status, the ticket, its status again."""

import os

from agent.commands import paper
from agent.commands.errand import End, Job, done, failed, nobody_knows
from agent.config import Peripheral
from agent.probes import receipt_port, receipt_printer
from agent.probes.finding import Finding
from agent.probes.receipt_printer import BUSY, Settings
from agent.settings import settings
from contract.health import Health
from contract.reasons import OutcomeReason

#: A ticket of ten lines is out by then, and what it lacked is known.
PRINTED_S = 3.0


def run(job: Job, item: Peripheral) -> End:
    """A printer that lacks something before is told nothing: it would print it later."""
    one, told = receipt_printer.where(item, job.config), settings(item, Settings)
    if one is None:
        return failed(OutcomeReason.DID_NOT_WORK, f"{item.id}: not-connected")
    path = one.path
    try:
        before = _status(path, told)
        if before.health is Health.FAILED:
            return failed(OutcomeReason.DID_NOT_WORK, _why(before), paper_before=_why(before))
        job.note("printing")
        job.step(30, "printing")
        data = paper.ticket(job.config.kiosk, item.id, job.scene.clock.utc())
        receipt_port.write(path, told.baud, data, is_lp=receipt_printer.is_lp(path))
        job.is_over.wait(PRINTED_S)
        after = _status(path, told)
    except receipt_port.BusyError:
        return failed(OutcomeReason.DID_NOT_WORK, f"{item.id}: {BUSY}")
    except OSError as err:
        return failed(OutcomeReason.DID_NOT_WORK, f"{item.id}: {os.strerror(err.errno or 0)}")
    result = {
        "paper_before": _why(before),
        "paper_after": _why(after),
        # Without an answer nothing tells whether it came out.
        "is_confirmed": after.health in (Health.OK, Health.DEGRADED),
    }
    if after.health is Health.FAILED:
        return failed(OutcomeReason.DID_NOT_WORK, _why(after), **result)
    return done(**result)


def resume(job: Job) -> End:
    """A ticket cannot be asked for afterwards."""
    return nobody_knows() if job.noted() else failed(OutcomeReason.ENDED_BEFORE_BEGUN)


def _status(path: str, told: Settings) -> Finding:
    if not told.status:
        return Finding(Health.UNKNOWN, ("not-measured",))
    answers, lines = receipt_port.ask(path, told.baud, is_lp=receipt_printer.is_lp(path))
    return receipt_printer.judge(answers, lines)


def _why(finding: Finding) -> str:
    return ", ".join(finding.reasons) or str(finding.health)
