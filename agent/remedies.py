"""What can be done about a peripheral that failed, short of a human. The reboot is the kiosk's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from agent import program
from agent.config import Config, Peripheral, Rung, RungName
from agent.errors import ProgramError, RemedyError
from agent.power import SYSTEMCTL
from agent.replug import UsbBus, hub_and_port
from contract.health import FactValue

UHUBCTL = Path("/usr/sbin/uhubctl")
#: A service is given the time systemd itself gives it to stop and to start.
_RESTART_S = 200.0
_UHUBCTL_S = 30.0


class Remedy(Protocol):
    """One kind of rung. Every method raises RemedyError when it cannot be done.

    `act` and `mend` may take as long as a service takes to start: not in the loop.
    """

    def aim(self, rung: Rung, item: Peripheral, facts: Mapping[str, FactValue]) -> str:
        """What it will be done to; quick."""

    def act(self, aim: str) -> None:
        """Do it."""

    def mend(self, aim: str) -> None:
        """The agent ended in the midst of `act`: see to it that nothing is left switched off."""


def remedies(config: Config) -> dict[RungName, Remedy]:
    """What this kiosk has."""
    bus = UsbBus()
    uhubctl = UHUBCTL if config.recovery.is_power_cut else None
    return {
        RungName.REBIND: Rebind(bus),
        RungName.POWER_CYCLE: PowerCycle(bus, uhubctl),
        RungName.RESTART: RestartService(),
    }


class Rebind:
    """Gives a USB device to its driver anew."""

    def __init__(self, bus: UsbBus) -> None:
        self._bus = bus

    def aim(self, rung: Rung, item: Peripheral, facts: Mapping[str, FactValue]) -> str:
        """The device's port."""
        return self._bus.port(item.match, facts)

    def act(self, aim: str) -> None:
        """Unbind and bind."""
        self._bus.rebind(aim)

    def mend(self, aim: str) -> None:
        """Bind what is unbound."""
        self._bus.give_back(aim)


class PowerCycle:
    """Switches a USB device off and on: with `uhubctl` its power, otherwise the kernel's leave."""

    def __init__(self, bus: UsbBus, uhubctl: Path | None = None) -> None:
        self._bus, self._uhubctl = bus, uhubctl

    def aim(self, rung: Rung, item: Peripheral, facts: Mapping[str, FactValue]) -> str:
        """The device's port; where its power can be cut, the device need not be seen there."""
        if self._uhubctl is not None and item.match.port is not None:
            return item.match.port
        return self._bus.port(item.match, facts)

    def act(self, aim: str) -> None:
        """Off, a while, on."""
        if self._uhubctl is None:
            self._bus.cycle(aim)
        else:
            self._switch(aim, "cycle")

    def mend(self, aim: str) -> None:
        """On."""
        if self._uhubctl is None:
            self._bus.authorize(aim, is_allowed=True)
        else:
            self._switch(aim, "on")

    def _switch(self, port: str, action: str) -> None:
        hub, number = hub_and_port(port)
        _run([str(self._uhubctl), "-l", hub, "-p", number, "-a", action, "-d", "2"], _UHUBCTL_S)


class RestartService:
    """`systemctl restart`."""

    def __init__(self, systemctl: Path = SYSTEMCTL) -> None:
        self._systemctl = systemctl

    def aim(self, rung: Rung, item: Peripheral, facts: Mapping[str, FactValue]) -> str:
        """The service's unit."""
        return rung.unit

    def act(self, aim: str) -> None:
        """Restart it, and wait until it has started."""
        _run([str(self._systemctl), "restart", aim], _RESTART_S)

    def mend(self, aim: str) -> None:
        """systemd finishes what it began, whoever asked; a service that is up stays as it is."""
        _run([str(self._systemctl), "start", aim], _RESTART_S)


def _run(command: list[str], timeout_s: float) -> None:
    try:
        done = program.run(command, timeout_s)
    except ProgramError as err:
        raise RemedyError(str(err)) from err
    if done.status != 0:
        said = done.err.strip() or done.out.strip() or f"exit status {done.status}"
        raise RemedyError(f"{' '.join(command[:3])}: {said[:300]}")
