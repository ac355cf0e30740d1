"""What can be configured of a kiosk, typed: one schema for page, API, pillar and states.

A layer (region, department, site, kiosk) holds any part of it; what no layer says has the default
here. The states in salt_states/ read the merged whole from the pillar, under `vigie`.
"""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from contract.health import DeviceId

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
HourMinute = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Percent = Annotated[int, Meta(ge=0, le=100)]
UsbId = Annotated[str, Meta(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")]
Host = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
Text = Annotated[str, Meta(max_length=500)]
#: Never shown again, in no page, diff, log or return.
Secret = Annotated[str, Meta(max_length=500, extra_json_schema={"writeOnly": True})]


class Day(StrEnum):
    """As in opening hours."""

    MONDAY = "Mo"
    TUESDAY = "Tu"
    WEDNESDAY = "We"
    THURSDAY = "Th"
    FRIDAY = "Fr"
    SATURDAY = "Sa"
    SUNDAY = "Su"


class Time(Struct, frozen=True, forbid_unknown_fields=True):
    """The clock."""

    zone: Annotated[str, Meta(pattern=r"^[A-Za-z_]+(/[A-Za-z_+-]+)*$")] = "Europe/Paris"
    servers: tuple[Host, ...] = ("0.fr.pool.ntp.org", "1.fr.pool.ntp.org")


class Maintenance(Struct, frozen=True, forbid_unknown_fields=True):
    """When a kiosk may be worked on; past midnight when `end` is before `start`. Local time."""

    days: tuple[Day, ...] = tuple(Day)
    start: HourMinute = "22:00"
    end: HourMinute = "05:00"


class Updates(Struct, frozen=True, forbid_unknown_fields=True):
    """Security updates of the system, within the maintenance window."""

    is_enabled: bool = True
    may_reboot: bool = False


class Hardening(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may get at the machine."""

    is_ssh_enabled: bool = False
    ssh_keys: dict[Name, Text] = {}  # the technician's name -> public key
    usb_storage_allowed: bool = False


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """A port that others may reach."""

    port: Port
    protocol: Annotated[str, Meta(pattern="^(tcp|udp)$")] = "tcp"
    sources: tuple[Annotated[str, Meta(pattern=r"^[0-9a-fA-F.:/]{2,49}$")], ...] = ()  # none: all


class Firewall(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing comes in but what is named."""

    is_enabled: bool = True
    openings: dict[Name, Opening] = {}


class Application(Struct, frozen=True, forbid_unknown_fields=True):
    """What the citizen sees: Chromium in kiosk mode. `url` empty: none is started."""

    url: Annotated[str, Meta(pattern=r"^(https://\S+|http://localhost\S*|)$", max_length=500)] = ""
    user: Name = "kiosk"
    language: Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "fr"
    allowed_hosts: tuple[Host, ...] = ()
    zoom_percent: Annotated[int, Meta(ge=50, le=300)] = 100
    restart_at: HourMinute | None = "04:30"


class Queue(Struct, frozen=True, forbid_unknown_fields=True):
    """A queue of CUPS."""

    uri: Annotated[str, Meta(pattern=r"^[a-z]+:\S+$", max_length=300)]
    driver: Text = "everywhere"
    is_default: bool = False
    description: Text = ""
    options: dict[Name, Text] = {}


class Printing(Struct, frozen=True, forbid_unknown_fields=True):
    """CUPS."""

    is_enabled: bool = True
    queues: dict[Name, Queue] = {}


class Scanning(Struct, frozen=True, forbid_unknown_fields=True):
    """SANE, with these of its backends alone: all of them take seconds."""

    is_enabled: bool = True
    backends: tuple[Name, ...] = ("airscan",)


class Audio(Struct, frozen=True, forbid_unknown_fields=True):
    """ALSA: names of cards as /proc/asound says; empty leaves the choice to the system."""

    output: Text = ""
    input: Text = ""
    handset: Text = ""  # the card of the handset, which takes the speakers' place when lifted
    output_percent: Percent = 80
    input_percent: Percent = 70


class UdevRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A name and rights for a device on USB."""

    usb_id: UsbId
    symlink: Name
    group: Name = "plugdev"


class Watchdog(Struct, frozen=True, forbid_unknown_fields=True):
    """The machine restarts when its system hangs for so long."""

    is_enabled: bool = True
    timeout_s: Annotated[int, Meta(ge=10, le=600)] = 60


class Journal(Struct, frozen=True, forbid_unknown_fields=True):
    """How much the machine remembers."""

    max_mb: Annotated[int, Meta(ge=16, le=4096)] = 200
    max_days: Annotated[int, Meta(ge=1, le=365)] = 30


class Wifi(Struct, frozen=True, forbid_unknown_fields=True):
    """A wireless network."""

    ssid: Annotated[str, Meta(min_length=1, max_length=32)]
    password: Secret = ""


class Network(Struct, frozen=True, forbid_unknown_fields=True):
    """How it gets to the internet, beside the cable."""

    wifi: dict[Name, Wifi] = {}


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """How a declared peripheral is told from its like; see agent.toml."""

    usb_id: UsbId | None = None
    serial: Text | None = None
    port: Annotated[str, Meta(pattern=r"^[0-9]+-[0-9.]+$")] | None = None
    path: Text | None = None
    queue: Name | None = None


class Peripheral(Struct, frozen=True, forbid_unknown_fields=True):
    """One declared peripheral. `settings` are those of its kind in agent.toml."""

    kind: Name
    is_required: bool = True
    match: Match = Match()
    settings: dict[Name, str | int | float | bool] = {}


class Agent(Struct, frozen=True, forbid_unknown_fields=True):
    """agent.toml, as far as it is the region's to say."""

    peripherals: dict[DeviceId, Peripheral] = {}
    video_platform: Annotated[str, Meta(pattern=r"^(https://\S+|)$", max_length=300)] = ""
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"


class Minion(Struct, frozen=True, forbid_unknown_fields=True):
    """The Salt minion itself."""

    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "warning"


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    time: Time = Time()
    maintenance: Maintenance = Maintenance()
    updates: Updates = Updates()
    hardening: Hardening = Hardening()
    firewall: Firewall = Firewall()
    network: Network = Network()
    application: Application = Application()
    printing: Printing = Printing()
    scanning: Scanning = Scanning()
    audio: Audio = Audio()
    udev: dict[Name, UdevRule] = {}
    watchdog: Watchdog = Watchdog()
    journal: Journal = Journal()
    agent: Agent = Agent()
    minion: Minion = Minion()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the whole."""
    return msgspec.json.schema(Document)


def plain(document: Document) -> dict[str, Any]:
    """In plain values, all defaults filled in."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return found
