"""`restart-application`: ends the kiosk application and sees another one, whose page lives.

One with a systemd unit is restarted by systemd. Any other is asked to end, and whatever started it
has to start it again: the agent starts no program of its own accord.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from agent.commands import Work, verdicts
from agent.commands.errand import End, Errand, Job, done, failed, named
from agent.commands.scene import Scene
from agent.config import Peripheral, Rung, RungName
from agent.errors import RemedyError
from agent.power import SYSTEMCTL
from agent.probes import processes
from agent.probes.application import Settings
from agent.probes.processes import Process, Wanted
from agent.recovery import is_well
from agent.remedies import RestartService
from agent.settings import settings
from contract.health import DeviceState
from contract.reasons import OutcomeReason

NAME = "restart-application"
#: How long a program may take to end by itself, and another to be there.
GRACE_S = 10.0
BACK_S = 60.0
_STEP_S = 0.2
_PROC = Path("/proc")


class ApplicationRestart:
    """`service` restarts units, `kill` sends signals."""

    def __init__(
        self,
        service: RestartService | None = None,
        kill: Callable[[int, int], None] = os.kill,
        grace_s: float = GRACE_S,
        back_s: float = BACK_S,
    ) -> None:
        self._service, self._kill = service or RestartService(), kill
        self._grace_s, self._back_s = grace_s, back_s

    def run(self, job: Job) -> End:
        """Every declared application, which is mostly one. Who ran before is on disk first."""
        before = {item.id: _birth(find(item)) for item in job.items}
        job.note(msgspec.json.encode(before).decode())
        for item in job.items:
            job.step(10, f"restarting {item.id}")
            self._restart(item)
        return self._verify(job, before)

    def resume(self, job: Job) -> End:
        """What the last life began may be half done: a unit is seen to be started, no more."""
        noted = job.noted()
        if not noted:
            return failed(OutcomeReason.ENDED_BEFORE_BEGUN)
        for item in job.items:
            if unit := settings(item, Settings).unit:
                self._service.mend(unit)
        return self._verify(job, msgspec.json.decode(noted))

    def hindrance(self, scene: Scene, args: Struct) -> str:
        """Neither a unit nor the right to end the program."""
        for item in named(scene, NAME, args):
            if settings(item, Settings).unit:
                if not SYSTEMCTL.exists():
                    return verdicts.lacking(f"{SYSTEMCTL} is not there")
                continue
            process = find(item)
            try:
                if process is not None:
                    self._kill(process.pid, 0)
            except PermissionError:
                return verdicts.lacking(
                    f"declare settings.unit of {item.id}, or grant CAP_KILL (application.conf)"
                )
            except ProcessLookupError:
                continue
        return ""

    def _restart(self, item: Peripheral) -> None:
        unit = settings(item, Settings).unit
        if unit:
            self._service.act(self._service.aim(Rung(RungName.RESTART, unit), item, {}))
            return
        process = find(item)
        if process is None:
            return  # it does not run: whatever starts it is expected to
        self._send(process, signal.SIGTERM)
        limit = time.monotonic() + self._grace_s
        while time.monotonic() < limit:
            if not _is_there(process):
                return
            time.sleep(_STEP_S)
        self._send(process, signal.SIGKILL)

    def _send(self, process: Process, number: signal.Signals) -> None:
        if not _is_there(process):  # its number may be another's by now
            return
        try:
            self._kill(process.pid, number)
        except ProcessLookupError:
            return
        except PermissionError as err:
            raise RemedyError(f"process {process.pid} cannot be ended: {err.strerror}") from err

    def _verify(self, job: Job, before: dict[str, list[float] | None]) -> End:
        now: dict[str, Process] = {}
        began = time.monotonic()
        for item in job.items:
            job.step(50, f"waiting for {item.id}")

            def is_back(state: DeviceState, item: Peripheral = item) -> bool:
                process = find(item)
                if process is None or _birth(process) == before.get(item.id):
                    return False
                now[item.id] = process
                return is_well(state)

            is_good, last = job.see(item, is_back, self._back_s)
            if not is_good:
                return failed(OutcomeReason.DID_NOT_WORK, _why(item, last, now))
        pids = [f"{name}: {_pid(before.get(name))} -> {one.pid}" for name, one in now.items()]
        return done(pids=pids, back_after_s=round(time.monotonic() - began, 1))


def find(item: Peripheral) -> Process | None:
    """The application's process, as its probe finds it."""
    told = settings(item, Settings)
    return processes.find(_PROC, Wanted(told.process, told.command, told.unit))


def work(scene: Scene) -> Work:
    """The command."""
    act = ApplicationRestart()
    return Errand(NAME, scene, act.run, act.resume, act.hindrance)


def _birth(process: Process | None) -> list[float] | None:
    return [process.pid, process.started_s] if process is not None else None


def _pid(birth: list[float] | None) -> str:
    return str(int(birth[0])) if birth else "none"


def _is_there(process: Process) -> bool:
    now = processes.look(_PROC, process.pid)
    return now is not None and now.started_s == process.started_s


def _why(item: Peripheral, last: DeviceState | None, now: dict[str, Process]) -> str:
    if item.id not in now:
        return f"{item.id}: not another process than before"
    reasons = ", ".join(last.reasons) if last is not None else ""
    return f"{item.id}: {reasons or 'not measured'}"
