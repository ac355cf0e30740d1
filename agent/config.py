"""What one kiosk is told about itself, as read from agent.toml."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from agent.hours import Hours

#: Devices every kiosk has, whatever is declared.
BUILT_IN = ("system", "storage", "network")


class PowerMethod(StrEnum):
    """How this machine restarts."""

    SYSTEMD = "systemd"
    SIMULATED = "simulated"  # a demonstration: the agent restarts, the machine does not


class Broker(Struct, frozen=True):
    """Where the controller's broker is, and what proves who we are to it (PEM files)."""

    host: str
    ca: Path
    certificate: Path
    key: Path
    port: int = 8883
    keepalive_s: int = 60
    will_delay_s: int = 10


class ProbeTimes(Struct, frozen=True):
    """How often each probe runs, and how long one run may take. `periods_s` are by kind."""

    system_s: float = 60.0
    storage_s: float = 300.0
    network_s: float = 60.0
    link_s: float = 3600.0
    timeout_s: float = 10.0
    periods_s: Mapping[str, float] = {}

    def period_s(self, kind: str, default_s: float) -> float:
        """How often peripherals of a kind are looked at."""
        return self.periods_s.get(kind, default_s)


class LineLimits(Struct, frozen=True):
    """What a line must bear for a video meeting: from these on it is said to be bad."""

    rtt_ms: float = 150.0
    jitter_ms: float = 30.0
    loss_percent: float = 1.0


class OutboxLimits(Struct, frozen=True):
    """What an offline kiosk may keep."""

    max_bytes: int = 64 * 1024 * 1024
    max_age_h: float = 720.0


class Match(Struct, frozen=True):
    """How a declared peripheral is told from its like. None means any.

    `usb_id` is `vendor:product` in hexadecimal, `port` the USB port (`1-1.2`), `path` a node,
    `queue` the name CUPS has for a printer.
    """

    usb_id: str | None = None
    serial: str | None = None
    port: str | None = None
    path: str | None = None
    queue: str | None = None


class RungName(StrEnum):
    """What can be tried on a peripheral that failed."""

    REBIND = "rebind"  # give its USB device to the kernel's driver anew
    POWER_CYCLE = "power-cycle"  # switch its USB device off and on
    RESTART = "restart"  # a service
    REBOOT = "reboot"  # the machine


class Rung(Struct, frozen=True):
    """One thing to try. `unit` is the service that RESTART restarts."""

    name: RungName
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.unit}" if self.unit else str(self.name)


class RecoveryLimits(Struct, frozen=True):
    """How far a kiosk may go in curing itself.

    `after_s`: how long a peripheral has failed before anything is tried. `verify_s`: how long it
    has to come back. With `is_power_cut`, a power cycle takes the port's power away (uhubctl).
    """

    per_day: int = 3
    reboots_per_day: int = 1
    after_s: float = 60.0
    verify_s: float = 60.0
    is_power_cut: bool = False


class Peripheral(Struct, frozen=True):
    """A device this kiosk is meant to have.

    `settings` are its kind's own (agent.settings); `recovery` is what may be tried when it fails,
    in that order.
    """

    id: str
    kind: str
    is_required: bool = True
    match: Match = Match()
    settings: Mapping[str, str | int | float | bool] = {}
    recovery: tuple[Rung, ...] = ()


class Acts(Struct, frozen=True):
    """What commands may use here.

    `controller` is the kiosks' door, `https://HOST:PORT`; empty: port 8443 of the broker's host.
    `log_units` are the parts of the journal that may be fetched, `kernel` beside units. `message`
    is the program that shows a text, with its arguments before the text; empty: what is found.
    """

    controller: str = ""
    log_units: tuple[str, ...] = ()
    message: tuple[str, ...] = ()
    display: str = ""
    xauthority: str = ""
    salt_call: str = "/usr/bin/salt-call"


class Minion(Struct, frozen=True):
    """Where this kiosk's Salt minion is. `restart` restarts it; empty: its unit, by systemd."""

    folder: Path = Path("/etc/salt")
    programs: Path = Path("/opt/vigie/salt/bin")
    pidfile: Path = Path("/run/salt-minion.pid")
    restart: tuple[str, ...] = ()


class Config(Struct, frozen=True):
    """All of agent.toml, with absolute paths."""

    kiosk: str
    broker: Broker
    state_dir: Path = Path("/var/lib/vigie-agent")
    probes: ProbeTimes = ProbeTimes()
    outbox: OutboxLimits = OutboxLimits()
    power: PowerMethod = PowerMethod.SYSTEMD
    peripherals: tuple[Peripheral, ...] = ()
    hours: Hours = Hours()
    line: LineLimits = LineLimits()
    recovery: RecoveryLimits = RecoveryLimits()
    acts: Acts = Acts()
    minion: Minion = Minion()

    @classmethod
    def unenrolled(cls) -> "Config":
        """Of a kiosk that knows no controller yet: it can be checked, not run."""
        nowhere = Path()
        return cls("unenrolled", Broker("", nowhere, nowhere, nowhere))

    def declared(self, kind: str) -> tuple[Peripheral, ...]:
        """What this kiosk is meant to have of a kind."""
        return tuple(item for item in self.peripherals if item.kind == kind)

    @property
    def required(self) -> frozenset[str]:
        """Ids of the devices without which no citizen can be received."""
        declared = (device.id for device in self.peripherals if device.is_required)
        return frozenset((*BUILT_IN, *declared))
