"""How a simulated kiosk answers what it is told: which outcomes, in which order. Pure."""

from dataclasses import dataclass
from datetime import datetime

from agent.commands.reboot import compare
from contract import RELEASE, command_args
from contract.commands import CommandState, parse_args, spec
from contract.errors import CommandError
from contract.health import DeviceState
from contract.messages import Command, Scalar, Text
from contract.reasons import OutcomeReason, because

Result = dict[str, Scalar | list[Text]]
#: Others in the contract's catalogue are refused, as by an agent older than they are.
_KNOWN = ("ping", "reboot")


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing to say about a command."""

    state: CommandState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to say now, and whether then to reboot or to finish at once."""

    answers: tuple[Answer, ...]
    reboot_in_s: float | None = None
    is_ping: bool = False


def decide(
    command: Command, now: datetime, *, is_rebooting: bool = False, in_session: bool = False
) -> Decision:
    """What a kiosk does about a command it has not seen before."""
    if command.expires_at <= now:
        late_s = (now - command.expires_at).total_seconds()
        reason = because(OutcomeReason.EXPIRED_BEFORE_IT_CAME, f"{late_s:.0f} s")
        return Decision((Answer(CommandState.EXPIRED, reason),))
    if command.name not in _KNOWN:
        return _refuse(OutcomeReason.COMMAND_UNKNOWN, command.name)
    try:
        args = parse_args(command.name, command.args)
    except CommandError as err:
        return _refuse(OutcomeReason.ARGUMENTS_INVALID, str(err))
    entry = spec(command.name)
    if in_session and entry.yields_to_session and not command.is_forced:
        return _refuse(OutcomeReason.IN_SESSION)
    if is_rebooting and entry.is_disruptive:
        return _refuse(OutcomeReason.OTHER_UNDER_WAY, "reboot")
    begun = (Answer(CommandState.ACCEPTED), Answer(CommandState.RUNNING))
    if isinstance(args, command_args.Reboot):
        return Decision(begun, reboot_in_s=args.delay_s)
    return Decision(begun, is_ping=True)


def _refuse(reason: OutcomeReason, detail: str = "") -> Decision:
    return Decision((Answer(CommandState.REFUSED, because(reason, detail)),))


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
