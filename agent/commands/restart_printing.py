"""`restart-printing`: restarts CUPS, and sees that every declared queue answers again."""

import time

from msgspec import Struct

from agent.commands import Work, queues, verdicts
from agent.commands.errand import End, Errand, Job, done, failed, named
from agent.commands.scene import Scene
from agent.config import Rung, RungName
from agent.power import SYSTEMCTL
from agent.probes import ipptool
from agent.probes.ipp import Printer
from agent.remedies import RestartService
from contract.reasons import OutcomeReason

NAME = "restart-printing"
UNIT = "cups.service"
BACK_S, _STEP_S = 45.0, 1.0


class PrintingRestart:
    """By `service`, which is the recovery ladder's."""

    def __init__(self, service: RestartService | None = None, back_s: float = BACK_S) -> None:
        self._service, self._back_s = service or RestartService(), back_s

    def run(self, job: Job) -> End:
        """Restart, then ask each queue."""
        job.note(UNIT)
        job.step(10, f"restarting {UNIT}")
        (item, *_) = job.items
        self._service.act(self._service.aim(Rung(RungName.RESTART, UNIT), item, {}))
        return self._verify(job)

    def resume(self, job: Job) -> End:
        """systemd ends what it began; CUPS that is up stays as it is."""
        if not job.noted():
            return failed(OutcomeReason.ENDED_BEFORE_BEGUN)
        self._service.mend(UNIT)
        return self._verify(job)

    def _verify(self, job: Job) -> End:
        began = time.monotonic()
        names = [str(item.match.queue) for item in job.items if item.match.queue is not None]
        for item in job.items:
            if item.match.queue is None:
                continue
            job.step(60, f"asking queue {item.match.queue}")
            while not isinstance(said := ipptool.ask(queues.address(item)), Printer):
                if time.monotonic() - began > self._back_s or job.is_over.wait(_STEP_S):
                    detail = f"queue {item.match.queue}: {said.value}"
                    return failed(OutcomeReason.DID_NOT_WORK, detail)
        return done(queues=names, back_after_s=round(time.monotonic() - began, 1))


def hindrance(scene: Scene, args: Struct) -> str:
    """No queue here to be reached, or no systemd."""
    reasons = [queues.hindrance(item) for item in named(scene, NAME, args)]
    if all(reasons):
        return reasons[0]
    return "" if SYSTEMCTL.exists() else verdicts.lacking(f"{SYSTEMCTL} is not there")


def work(scene: Scene) -> Work:
    """The command."""
    act = PrintingRestart()
    return Errand(NAME, scene, act.run, act.resume, hindrance)
