"""Words for what pages show: states, kinds, measures. Keys are the contract's or the models'.

A key without words is shown as it is: a newer kiosk may know more than we do.
"""

import re

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contract.commands import CommandState
from contract.health import Health
from controller.accounts.roles import Role
from controller.fleet.equipment import Presence
from controller.fleet.models import Department, HostType, KioskKind, Lifecycle
from controller.fleet.standing import Standing
from controller.fleet.words import DEVICE_KIND as DEVICE_KIND
from controller.fleet.words import PRESENCE_REASON as PRESENCE_REASON
from controller.fleet.words import Words as Words
from controller.fleet.words import word as word

HEALTH: Words = {
    Health.OK: _("Works"),
    Health.DEGRADED: _("Needs attention"),
    Health.FAILED: _("Broken"),
    Health.MISSING: _("Missing"),
    Health.UNKNOWN: _("Not measured"),
}

#: The same, of a device that may not have been there before or after a restart.
HEALTH_TURN: Words = {**HEALTH, "absent": _("Absent")}

#: What one kiosk is.
STANDING: Words = {
    Standing.NOT_READY: _("Not ready"),
    Standing.OFFLINE: _("Offline"),
    Standing.SILENT: _("Silent"),
    Standing.UNKNOWN: _("Uncertain"),
    Standing.DEGRADED: _("To be watched"),
    Standing.READY: _("Ready"),
    Standing.ASLEEP: _("Off, host closed"),
    Standing.ASIDE: _("Out of service"),
}

#: The same in one sentence, the head of the kiosk page.
VERDICT: Words = {
    Standing.NOT_READY: _("This kiosk cannot receive a citizen."),
    Standing.OFFLINE: _("This kiosk is offline: nobody can be received."),
    Standing.SILENT: _("Nothing is heard from this kiosk: nobody knows whether it works."),
    Standing.UNKNOWN: _("Nobody knows whether this kiosk can receive a citizen."),
    Standing.DEGRADED: _("This kiosk can receive a citizen, and needs attention soon."),
    Standing.READY: _("This kiosk is ready to receive a citizen."),
    Standing.ASLEEP: _("This kiosk is off, and its host is closed: nothing to do."),
    Standing.ASIDE: _("This kiosk is not in service: nobody expects it to work."),
}

KIOSK_KIND: Words = {
    KioskKind.PVP: _("video kiosk"),
    KioskKind.EXPERT: _("expert terminal"),
}

LIFECYCLE: Words = {
    Lifecycle.PLANNED: _("Planned"),
    Lifecycle.ACTIVE: _("In service"),
    Lifecycle.MAINTENANCE: _("In maintenance"),
    Lifecycle.RETIRED: _("Retired"),
}

HOST: Words = {
    HostType.TOWN_HALL: _("Town hall"),
    HostType.POST_OFFICE: _("Post office"),
    HostType.SERVICE_HOUSE: _("France services house"),
    HostType.TOURIST_OFFICE: _("Tourist office"),
    HostType.PUBLIC_SERVICE: _("Public service"),
}

DEPARTMENT: Words = dict(Department.choices)

#: Of a peripheral that was declared, or that nobody declared.
EQUIPMENT: Words = {
    Presence.THERE: _("there"),
    Presence.MISSING: _("missing"),
    Presence.SWAPPED: _("replaced by another one"),
    Presence.MOVED: _("plugged in somewhere else"),
    Presence.UNEXPECTED: _("not declared"),
    Presence.UNMEASURED: _("not known yet"),
}

#: Of shapes.SHAPES: how that is drawn.
EQUIPMENT_SHAPE: Words = {
    Presence.THERE: "ok",
    Presence.MISSING: "missing",
    Presence.SWAPPED: "degraded",
    Presence.MOVED: "degraded",
    Presence.UNEXPECTED: "degraded",
    Presence.UNMEASURED: "unknown",
}

PRESENCE: Words = {
    "online": _("Online"),
    "offline": _("Offline"),
}

COMMAND: Words = {
    "reboot": pgettext_lazy("an order", "Restart"),
    "restart-application": pgettext_lazy("an order", "Restart the kiosk application"),
    "restart-agent": pgettext_lazy("an order", "Restart Vigie's agent"),
    "power-cycle": pgettext_lazy("an order", "Switch a device off and on"),
    "restart-printing": pgettext_lazy("an order", "Restart the printing service"),
    "clear-queue": pgettext_lazy("an order", "Empty the print queue"),
    "print-test-page": pgettext_lazy("an order", "Print a test page"),
    "test-sound": pgettext_lazy("an order", "Test the sound"),
    "test-camera": pgettext_lazy("an order", "Test the camera"),
    "test-scanner": pgettext_lazy("an order", "Test the scanner"),
    "test-link": pgettext_lazy("an order", "Measure the line"),
    "check-up": pgettext_lazy("an order", "Full check-up"),
    "fetch-logs": pgettext_lazy("an order", "Fetch the logs"),
    "identify": pgettext_lazy("an order", "Show a message on the screen"),
    "sync-clock": pgettext_lazy("an order", "Set the clock right"),
    "renew-certificate": pgettext_lazy("an order", "Renew the certificate"),
    "repair-minion": pgettext_lazy("an order", "Repair the Salt minion"),
    "rotate-minion-key": pgettext_lazy("an order", "Change the Salt minion's key"),
    "apply-configuration": pgettext_lazy("an order", "Apply the settings now"),
    "ping": pgettext_lazy("an order", "Call"),
}

COMMAND_STATE: Words = {
    CommandState.QUEUED: _("Waiting to be sent"),
    CommandState.SENT: _("Sent"),
    CommandState.ACCEPTED: _("Accepted by the kiosk"),
    CommandState.RUNNING: _("Under way"),
    CommandState.SUCCEEDED: _("Done"),
    CommandState.FAILED: _("Failed"),
    CommandState.REFUSED: _("Refused by the kiosk"),
    CommandState.EXPIRED: _("Expired"),
    CommandState.UNKNOWN: _("Outcome unknown"),
}

#: Of shapes.SHAPES: how a command's state is drawn.
COMMAND_SHAPE: dict[str, str] = {
    CommandState.QUEUED: "waiting",
    CommandState.SENT: "waiting",
    CommandState.ACCEPTED: "waiting",
    CommandState.RUNNING: "waiting",
    CommandState.SUCCEEDED: "ok",
    CommandState.FAILED: "failed",
    CommandState.REFUSED: "failed",
    CommandState.EXPIRED: "unknown",
    CommandState.UNKNOWN: "unknown",
}

ROLE: Words = {
    Role.VIEWER: pgettext_lazy("role", "Viewer"),
    Role.TECHNICIAN: pgettext_lazy("role", "Technician"),
    Role.ADMINISTRATOR: pgettext_lazy("role", "Administrator"),
}

METRIC: Words = {
    "cpu_percent": _("Processor"),
    "load": _("Load"),
    "load_1min": _("Load over 1 min"),
    "load_15min": _("Load over 15 min"),
    "memory_percent": _("Memory used"),
    "available_bytes": _("Memory free"),
    "temperature_celsius": _("Temperature"),
    "uptime_s": _("Running for"),
    "free_bytes": _("Free space"),
    "free_percent": _("Free share"),
    "inodes_free_percent": _("Free files"),
    "wear_percent": _("Wear"),
    "rtt_ms": _("Response time"),
    "jitter_ms": _("Jitter"),
    "loss_percent": _("Packets lost"),
    "errors_percent": _("Network errors"),
    "rx_errors": _("Errors received"),
    "tx_errors": _("Errors sent"),
    "rss_bytes": _("Memory of the agent"),
    "probes_failed": _("Failed measurements"),
    "toner_percent": _("Toner"),
    "queued_jobs": _("Documents waiting"),
    "oldest_job_s": _("Waiting for"),
    "volume_percent": _("Volume"),
    "loop_above_db": _("Tone above the noise"),
    "luma_dark": _("Darkest part of the picture"),
    "luma_bright": _("Brightest part of the picture"),
    "clock_offset_ms": _("Clock off by"),
    "clock_max_error_ms": _("Clock off by at most"),
    "clock_jump_s": _("Clock jumped by"),
    "devices": _("Devices plugged in"),
    "over_currents": _("Over-currents"),
    "charge_percent": _("Charge"),
    "runtime_s": _("Lasts for"),
    "load_percent": _("Load of the battery"),
    "input_volts": _("Mains voltage"),
    "battery_volts": _("Battery voltage"),
    "signal_percent": _("Signal"),
    "signal_dbm": _("Signal"),
    "rate_mbps": _("Rate"),
    "resolve_ms": _("Name found in"),
    "connect_ms": _("Connected in"),
    "tls_ms": _("Encrypted in"),
    "running_s": _("Running for"),
    "starts": _("Starts"),
}


#: What a printer uses up, and its colours: `toner_black_percent`, `ink_cyan_2_percent`.
SUPPLY: Words = {
    "toner": _("Toner"),
    "ink": _("Ink"),
    "drum": _("Drum"),
    "ribbon": _("Ribbon"),
    "developer": _("Developer"),
    "fuser": _("Fuser"),
    "transfer": _("Transfer unit"),
    "staples": _("Staples"),
    "supply": _("Supply"),
    "waste": _("Waste container"),
    "black": _("black"),
    "cyan": _("cyan"),
    "magenta": _("magenta"),
    "yellow": _("yellow"),
}


_DAYS: Words = {
    "Mo": _("Mon"),
    "Tu": _("Tue"),
    "We": _("Wed"),
    "Th": _("Thu"),
    "Fr": _("Fri"),
    "Sa": _("Sat"),
    "Su": _("Sun"),
    "PH": _("public holidays"),
    "off": _("closed"),
    "closed": _("closed"),
    "24/7": _("day and night"),
}


def opening_hours(text: str) -> str:
    """OpenStreetMap's opening hours with the days in words, a rule a line."""
    rules = (rule.strip().replace("-", "–").replace(",", ", ") for rule in text.split(";"))
    return "\n".join(
        re.sub(r"24/7|[A-Za-z]+", lambda found: word(_DAYS, found[0]), rule) for rule in rules
    )
