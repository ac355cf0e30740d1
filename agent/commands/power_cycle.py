"""`power-cycle`: switches a USB device off and on, and sees it come back."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from agent.commands import Work, verdicts
from agent.commands.errand import End, Errand, Job, done, failed, named
from agent.commands.scene import Scene
from agent.config import Peripheral, Rung, RungName
from agent.errors import RemedyError
from agent.probes.finding import worst
from agent.recovery import is_well
from agent.remedies import UHUBCTL, Remedy, remedies
from contract.health import DeviceState, Health
from contract.reasons import OutcomeReason

NAME = "power-cycle"
BACK_S = 90.0
_RUNG = Rung(RungName.POWER_CYCLE)
_BUS = Path("/sys/bus/usb")
#: How it is done: the port's power is cut, or the kernel forbids the device and allows it again.
PORT_POWER, AUTHORISATION = "port-power", "authorisation"


class Noted(Struct, frozen=True):
    """What a later life has to know."""

    aim: str
    way: str
    health: Health


class Cycle:
    """By `remedy`, which is the recovery ladder's; what is written to stands below `bus`."""

    def __init__(
        self, remedy: Remedy | None = None, bus: Path = _BUS, back_s: float = BACK_S
    ) -> None:
        self._remedy, self._bus, self._back_s = remedy, bus, back_s

    def run(self, job: Job) -> End:
        """Off, on; then it must be back, and as well as before."""
        (item,) = job.items
        before = job.devices().get(item.id)
        remedy = self._of(job.scene)
        aim = remedy.aim(_RUNG, item, before.facts if before else {})
        health = before.health if before else Health.UNKNOWN
        noted = Noted(aim, way(job.scene), health)
        job.note(msgspec.json.encode(noted).decode())
        job.step(10, f"switching {item.id} off and on")
        remedy.act(aim)
        return self._verify(job, item, noted)

    def resume(self, job: Job) -> End:
        """It may have been left off: it is switched on, never off again."""
        said = job.noted()
        if not said:
            return failed(OutcomeReason.ENDED_BEFORE_BEGUN)
        noted = msgspec.json.decode(said, type=Noted)
        job.step(30, "switching it on")
        self._of(job.scene).mend(noted.aim)
        (item,) = job.items
        return self._verify(job, item, noted)

    def hindrance(self, scene: Scene, args: Struct) -> str:
        """No such device on a USB port, or no right to switch it."""
        (item,) = named(scene, NAME, args)
        facts = next((one.facts for one in scene.devices() if one.id == item.id), {})
        try:
            aim = self._of(scene).aim(_RUNG, item, facts)
        except RemedyError as err:
            return verdicts.lacking(f"{item.id}: {err}")
        if way(scene) == PORT_POWER:
            return "" if UHUBCTL.exists() else verdicts.lacking("install uhubctl")
        switch = self._bus / "devices" / aim / "authorized"
        if os.access(switch, os.W_OK):
            return ""
        return verdicts.lacking(f"{switch} is read-only: install recovery.conf (agent's guide)")

    def _of(self, scene: Scene) -> Remedy:
        return self._remedy or remedies(scene.config)[RungName.POWER_CYCLE]

    def _verify(self, job: Job, item: Peripheral, noted: Noted) -> End:
        job.step(60, f"waiting for {item.id}")
        is_good, last = job.see(item, lambda state: is_as_before(noted.health, state), self._back_s)
        result: Mapping[str, str] = {
            "way": noted.way,
            "port": noted.aim,
            "health_before": str(noted.health),
            "health_after": str(last.health if last else Health.UNKNOWN),
        }
        if is_good:
            return done(**result)
        why = ", ".join(last.reasons) if last and last.reasons else result["health_after"]
        return failed(OutcomeReason.DID_NOT_WORK, f"{item.id}: {why}", **result)


def is_as_before(before: Health, state: DeviceState) -> bool:
    """Whether a device does its job, and no worse than it did.

    >>> camera = DeviceState("c", "camera", Health.DEGRADED)
    >>> is_as_before(Health.FAILED, camera), is_as_before(Health.OK, camera)
    (True, False)
    """
    if before is Health.UNKNOWN and state.health is Health.UNKNOWN:
        return True  # nobody looks closer at it now than before
    return is_well(state) and worst([before, state.health]) is before


def way(scene: Scene) -> str:
    """How this kiosk switches a device off."""
    return PORT_POWER if scene.config.recovery.is_power_cut else AUTHORISATION


def work(scene: Scene) -> Work:
    """The command."""
    act = Cycle()
    return Errand(NAME, scene, act.run, act.resume, act.hindrance)
