"""The arguments that the commands of the catalogue take, with their bounds."""

from typing import Annotated

from msgspec import Meta, Struct

from contract.health import DeviceId

#: A unit of the journal: `vigie-agent.service`, `cups.service`, `kiosk@1.service`.
Unit = Annotated[str, Meta(pattern=r"^[A-Za-z0-9@_.:-]{1,100}$")]


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No arguments."""


class Reboot(Struct, frozen=True, forbid_unknown_fields=True):
    """When to restart the machine."""

    delay_s: Annotated[int, Meta(ge=0, le=3600)] = 0


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """Which device."""

    device: DeviceId


class AnyDevice(Struct, frozen=True, forbid_unknown_fields=True):
    """Which device; without one, every device that the command is meant for."""

    device: DeviceId | None = None


class TestLink(Struct, frozen=True, forbid_unknown_fields=True):
    """How long the link is measured."""

    for_s: Annotated[int, Meta(ge=5, le=60)] = 10


class FetchLogs(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the journal. `max_bytes` bounds what is sent, compressed."""

    units: Annotated[tuple[Unit, ...], Meta(max_length=16)] = ()  # none: those of the kiosk
    since_s: Annotated[int, Meta(ge=60, le=7 * 86_400)] = 86_400
    max_bytes: Annotated[int, Meta(ge=10_000, le=2_000_000)] = 500_000


class Identify(Struct, frozen=True, forbid_unknown_fields=True):
    """What is shown on the kiosk's screen, and for how long."""

    text: Annotated[str, Meta(max_length=200)] = ""  # empty: the kiosk's own name
    for_s: Annotated[int, Meta(ge=5, le=600)] = 60


class ApplyConfiguration(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether to change anything, or only to say what would change."""

    is_dry_run: bool = False
