"""How a simulated kiosk answers what it is told: which outcomes, in which order. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contract.commands import CommandState, RebootArgs, parse_args
from contract.errors import CommandError
from contract.health import DeviceState, Health
from contract.messages import Command, Scalar, Text

Result = dict[str, Scalar | list[Text]]

_ORDER = (Health.OK, Health.DEGRADED, Health.UNKNOWN, Health.FAILED, Health.MISSING)


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


def decide(command: Command, now: datetime) -> Decision:
    """What a kiosk does about a command it has not seen before."""
    if command.expires_at <= now:
        late_s = (now - command.expires_at).total_seconds()
        reason = f"came {late_s:.0f} s after it had expired"
        return Decision((Answer(CommandState.EXPIRED, reason),))
    try:
        args = parse_args(command.name, command.args)
    except CommandError as err:
        return Decision((Answer(CommandState.REFUSED, str(err)),))
    begun = (Answer(CommandState.ACCEPTED), Answer(CommandState.RUNNING))
    if isinstance(args, RebootArgs):
        return Decision(begun, reboot_in_s=args.delay_s)
    return Decision(begun, is_ping=True)


def pong(uptime_s: float, boot_id: str) -> Result:
    """The result of a ping."""
    return {"simulated": True, "uptime_s": round(uptime_s), "boot_id": boot_id}


def compared(
    before: Sequence[DeviceState], after: Sequence[DeviceState], duration_s: float, boot_id: str
) -> Result:
    """The result of a reboot: how long it took, and which devices are better or worse than before.

    >>> jam = DeviceState("printer", "printer", Health.FAILED, ("media-jam",))
    >>> compared([jam], [DeviceState("printer", "printer", Health.OK)], 7.5, "b")["better"]
    ['printer']
    """
    ranks = {device.id: _ORDER.index(device.health) for device in before}
    gains = {
        device.id: ranks[device.id] - _ORDER.index(device.health)
        for device in after
        if device.id in ranks
    }
    return {
        "simulated": True,
        "duration_s": round(duration_s, 1),
        "boot_id": boot_id,
        "better": [name for name, gain in gains.items() if gain > 0],
        "worse": [name for name, gain in gains.items() if gain < 0],
        "same": sum(1 for gain in gains.values() if gain == 0),
    }
