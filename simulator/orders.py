"""How a simulated kiosk answers what it is told: which outcomes, in which order. Pure."""

from dataclasses import dataclass
from datetime import datetime

from agent.commands.reboot import compare
from contract import RELEASE, command_args
from contract.commands import CommandState, parse_args, spec
from contract.errors import CommandError
from contract.health import DeviceState
from contract.messages import Command
from contract.reasons import OutcomeReason, because
from simulator import errands
from simulator.errands import Result, Said, Scene


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing to say about a command."""

    state: CommandState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to say now, and then: to reboot, to finish at once, or to say step after step."""

    answers: tuple[Answer, ...]
    reboot_in_s: float | None = None
    is_ping: bool = False
    script: tuple[Said, ...] = ()


def decide(
    command: Command,
    now: datetime,
    *,
    kiosk: str = "",
    devices: tuple[DeviceState, ...] = (),
    under_way: str = "",
    in_session: bool = False,
) -> Decision:
    """What `kiosk` with `devices` does about a command it has not seen before.

    `under_way`: the disruptive one that is.
    """
    if command.expires_at <= now:
        late_s = (now - command.expires_at).total_seconds()
        reason = because(OutcomeReason.EXPIRED_BEFORE_IT_CAME, f"{late_s:.0f} s")
        return Decision((Answer(CommandState.EXPIRED, reason),))
    try:
        entry = spec(command.name)
    except CommandError:
        return _refuse(because(OutcomeReason.COMMAND_UNKNOWN, command.name))
    try:
        args = parse_args(command.name, command.args)
    except CommandError as err:
        return _refuse(because(OutcomeReason.ARGUMENTS_INVALID, str(err)))
    if in_session and entry.yields_to_session and not command.is_forced:
        return _refuse(because(OutcomeReason.IN_SESSION))
    if under_way and entry.is_disruptive:
        return _refuse(because(OutcomeReason.OTHER_UNDER_WAY, under_way))
    if hindrance := errands.hindrance(entry.name, args, devices):
        return _refuse(hindrance)
    begun = (Answer(CommandState.ACCEPTED), Answer(CommandState.RUNNING))
    if isinstance(args, command_args.Reboot):
        return Decision(begun, reboot_in_s=args.delay_s)
    if entry.name == "ping":
        return Decision(begun, is_ping=True)
    scene = Scene(kiosk, devices, command.id, now)
    return Decision(begun, script=errands.perform(entry.name, args, scene))


def _refuse(reason: str) -> Decision:
    return Decision((Answer(CommandState.REFUSED, reason),))


def pong(uptime_s: float, boot_id: str) -> Result:
    """The result of a ping, as an agent gives it."""
    return {
        "simulated": True,
        "agent_version": RELEASE,
        "boot_id": boot_id,
        "clock_trusted": True,
        "uptime_s": round(uptime_s),
    }


@dataclass(frozen=True, slots=True)
class Reboot:
    """A reboot under way: what to compare with afterwards. `began` is on the loop's clock."""

    command: str
    began: float
    boot_id: str
    devices: tuple[DeviceState, ...]

    def receipt(self, now: float, boot_id: str, devices: tuple[DeviceState, ...]) -> Result:
        """The result once the kiosk is back, as an agent gives it."""
        before = {device.id: str(device.health) for device in self.devices}
        return {
            "simulated": True,
            "old_boot_id": self.boot_id,
            "new_boot_id": boot_id,
            "duration_s": round(now - self.began, 1),
            **compare(before, devices),
        }
