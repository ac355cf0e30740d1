"""`sync-clock`: has the machine's own time service set the clock now, and sees whether it did."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from agent.commands import Work, outside, verdicts
from agent.commands.errand import End, Errand, Job, done, failed
from agent.commands.scene import Scene
from agent.errors import ProgramError
from agent.probes import timekeeping
from contract.reasons import OutcomeReason

NAME = "sync-clock"
#: A time service asks several times before it believes the answers.
TRUSTED_S, _STEP_S = 60.0, 1.0
_SYSTEMCTL = "/usr/bin/systemctl"


class Service(Struct, frozen=True):
    """A time service: the file that shows it is installed, and what sets the clock now."""

    name: str
    sign: str
    orders: tuple[tuple[str, ...], ...]


#: Debian lets one of them be installed at a time, and systemd's own gives way to the others.
SERVICES = (
    Service(
        "chrony",
        "/usr/bin/chronyc",
        (("/usr/bin/chronyc", "burst", "3/5"), ("/usr/bin/chronyc", "makestep")),
    ),
    Service("ntpsec", "/usr/sbin/ntpd", ((_SYSTEMCTL, "restart", "ntpsec.service"),)),
    Service(
        "systemd-timesyncd",
        "/lib/systemd/systemd-timesyncd",
        ((_SYSTEMCTL, "restart", "systemd-timesyncd.service"),),
    ),
)


class ClockSync:
    """`services` are looked for in that order."""

    def __init__(
        self, services: Sequence[Service] = SERVICES, trusted_s: float = TRUSTED_S
    ) -> None:
        self._services, self._trusted_s = services, trusted_s

    def run(self, job: Job) -> End:
        """Set, then wait until the kernel says that the clock is in step."""
        service = self.find()
        if service is None:
            return failed(OutcomeReason.NOT_POSSIBLE_HERE, "install chrony")
        before = timekeeping.read_offset()
        for number, order in enumerate(service.orders):
            job.step(10 * (number + 1), f"asking {service.name}")
            # Not as our own child: chronyd's socket is its user's, and the agent may not pass that.
            status, out, err = outside.run(order, job.left_s)
            if status != 0:
                raise ProgramError(f"{' '.join(order)}: {(err or out).strip()[:200]}")
        return self._wait(job, service.name, before.offset_ms)

    def resume(self, job: Job) -> End:
        """Whatever was done, what counts is how the clock is."""
        return self._wait(job, "", None)

    def find(self) -> Service | None:
        """The one that is installed here."""
        return next((one for one in self._services if Path(one.sign).exists()), None)

    def hindrance(self, _scene: Scene, _args: Struct) -> str:
        """No time service."""
        return "" if self.find() else verdicts.lacking("install chrony")

    def _wait(self, job: Job, service: str, before_ms: float | None) -> End:
        waited_s = 0.0
        while not (is_trusted := job.scene.clock.is_trusted()) and waited_s < self._trusted_s:
            job.step(30, "waiting for the time servers")
            if job.is_over.wait(_STEP_S):
                break
            waited_s += _STEP_S
        after = timekeeping.read_offset()
        result = {
            "clock_trusted": is_trusted,
            "offset_after_ms": round(after.offset_ms, 3),
            "max_error_ms": round(after.max_error_ms, 1),
            **({"service": service} if service else {}),
            **({"offset_before_ms": round(before_ms, 3)} if before_ms is not None else {}),
        }
        if is_trusted:
            return done(**result)
        detail = f"no time server was agreed with within {self._trusted_s:g} s"
        return failed(OutcomeReason.DID_NOT_WORK, detail, **result)


def work(scene: Scene) -> Work:
    """The command."""
    act = ClockSync()
    return Errand(NAME, scene, act.run, act.resume, act.hindrance)
