"""What the configuration's sections and settings are called, and what a value must be, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from controller.configuration import shape
from controller.configuration.document import Day
from controller.configuration.merge import LayerId
from controller.configuration.models import Revision
from controller.configuration.problems import Path, Problem
from controller.configuration.sealed import MASK
from controller.configuration.shape import Entries, Fields
from controller.configuration.sheet import UNSAID
from controller.web.words import DEPARTMENT, Words, word

SECTION: Words = {
    "time": gettext_lazy("Clock"),
    "maintenance": gettext_lazy("Maintenance window"),
    "updates": gettext_lazy("Security updates"),
    "hardening": gettext_lazy("Access to the machine"),
    "firewall": gettext_lazy("Firewall"),
    "network": gettext_lazy("Wireless networks"),
    "application": gettext_lazy("What the citizen sees"),
    "printing": gettext_lazy("Printing"),
    "scanning": gettext_lazy("Scanning"),
    "audio": gettext_lazy("Sound"),
    "udev": gettext_lazy("Names of USB devices"),
    "watchdog": gettext_lazy("Watchdog"),
    "journal": gettext_lazy("Journal"),
    "agent": gettext_lazy("Peripherals and agent"),
    "minion": gettext_lazy("Salt minion"),
}
ABOUT: Words = {
    "time": gettext_lazy("Time zone and time servers."),
    "maintenance": gettext_lazy("When a kiosk may be worked on, in local time."),
    "updates": gettext_lazy("The system's own, within the maintenance window."),
    "hardening": gettext_lazy("Remote shell, keys of technicians, USB sticks."),
    "firewall": gettext_lazy("Nothing comes in but what is named here."),
    "network": gettext_lazy("How it gets to the internet beside the cable."),
    "application": gettext_lazy("The address shown full screen, its language and its size."),
    "printing": gettext_lazy("Queues of the printing service, CUPS."),
    "scanning": gettext_lazy("Drivers of the scanning service, SANE."),
    "audio": gettext_lazy(
        "Sound cards, handset and volumes. Empty leaves the choice to the system."
    ),
    "udev": gettext_lazy("A fixed name and rights for a device."),
    "watchdog": gettext_lazy("The machine restarts when its system hangs for so long."),
    "journal": gettext_lazy("How much the machine remembers of its own work."),
    "agent": gettext_lazy("What must be there, how each peripheral is recognised."),
    "minion": gettext_lazy("The program that applies this configuration."),
}
#: A setting by its path, `*` for the name of an entry.
SETTING: Words = {
    "time.zone": gettext_lazy("Time zone"),
    "time.servers": gettext_lazy("Time servers"),
    "maintenance.days": gettext_lazy("Days on which it begins"),
    "maintenance.start": gettext_lazy("From"),
    "maintenance.end": gettext_lazy("Until"),
    "updates.is_enabled": gettext_lazy("Install security updates"),
    "updates.may_reboot": gettext_lazy("May restart the machine for them"),
    "hardening.is_ssh_enabled": gettext_lazy("Remote shell (SSH)"),
    "hardening.ssh_keys": gettext_lazy("Keys of technicians"),
    "hardening.ssh_keys.*": gettext_lazy("Public key"),
    "hardening.usb_storage_allowed": gettext_lazy("USB sticks are allowed"),
    "firewall.is_enabled": gettext_lazy("Firewall"),
    "firewall.openings": gettext_lazy("Open ports"),
    "firewall.openings.*.port": gettext_lazy("Port"),
    "firewall.openings.*.protocol": gettext_lazy("Protocol"),
    "firewall.openings.*.sources": gettext_lazy("Networks that may reach it (none: all)"),
    "network.wifi": gettext_lazy("Known networks"),
    "network.wifi.*.ssid": gettext_lazy("Name of the network (SSID)"),
    "network.wifi.*.password": gettext_lazy("Password of the network"),
    "application.url": gettext_lazy("Address"),
    "application.user": gettext_lazy("System user"),
    "application.language": gettext_lazy("Language"),
    "application.allowed_hosts": gettext_lazy("Other hosts that it may open"),
    "application.zoom_percent": gettext_lazy("Size, in percent"),
    "application.restart_at": gettext_lazy("Restarts daily at (empty: never)"),
    "printing.is_enabled": gettext_lazy("Printing service"),
    "printing.queues": gettext_lazy("Queues"),
    "printing.queues.*.uri": gettext_lazy("Address of the printer (URI)"),
    "printing.queues.*.driver": gettext_lazy("Driver"),
    "printing.queues.*.is_default": gettext_lazy("Default printer"),
    "printing.queues.*.description": gettext_lazy("Description"),
    "printing.queues.*.options": gettext_lazy("Options"),
    "printing.queues.*.options.*": gettext_lazy("Value"),
    "scanning.is_enabled": gettext_lazy("Scanning service"),
    "scanning.backends": gettext_lazy("Drivers"),
    "audio.output": gettext_lazy("Loudspeakers' card"),
    "audio.input": gettext_lazy("Microphone's card"),
    "audio.handset": gettext_lazy("Handset's card"),
    "audio.output_percent": gettext_lazy("Loudspeakers' volume, in percent"),
    "audio.input_percent": gettext_lazy("Microphone's level, in percent"),
    "udev.*.usb_id": gettext_lazy("USB identifier"),
    "udev.*.symlink": gettext_lazy("Name under /dev"),
    "udev.*.group": gettext_lazy("Group that may use it"),
    "watchdog.is_enabled": gettext_lazy("Hardware watchdog"),
    "watchdog.timeout_s": gettext_lazy("Restarts after, in seconds"),
    "journal.max_mb": gettext_lazy("At most, in MB"),
    "journal.max_days": gettext_lazy("At most, in days"),
    "agent.peripherals": gettext_lazy("Declared peripherals"),
    "agent.peripherals.*.kind": gettext_lazy("Kind"),
    "agent.peripherals.*.is_required": gettext_lazy("No citizen is received without it"),
    "agent.peripherals.*.match": gettext_lazy("How it is recognised"),
    "agent.peripherals.*.match.usb_id": gettext_lazy("USB identifier"),
    "agent.peripherals.*.match.serial": gettext_lazy("Serial number"),
    "agent.peripherals.*.match.port": gettext_lazy("USB port"),
    "agent.peripherals.*.match.path": gettext_lazy("Path of the device"),
    "agent.peripherals.*.match.queue": gettext_lazy("Print queue"),
    "agent.peripherals.*.settings": gettext_lazy("Settings of its kind"),
    "agent.peripherals.*.settings.*": gettext_lazy("Value"),
    "agent.video_platform": gettext_lazy("Video platform"),
    "agent.log_level": gettext_lazy("How much the agent logs"),
    "minion.log_level": gettext_lazy("How much the minion logs"),
}
DAY: Words = {
    Day.MONDAY: gettext_lazy("Monday"),
    Day.TUESDAY: gettext_lazy("Tuesday"),
    Day.WEDNESDAY: gettext_lazy("Wednesday"),
    Day.THURSDAY: gettext_lazy("Thursday"),
    Day.FRIDAY: gettext_lazy("Friday"),
    Day.SATURDAY: gettext_lazy("Saturday"),
    Day.SUNDAY: gettext_lazy("Sunday"),
}
_LEVEL: Words = {
    "debug": gettext_lazy("everything (debug)"),
    "info": gettext_lazy("what it does (info)"),
    "warning": gettext_lazy("what is unusual (warning)"),
    "error": gettext_lazy("errors alone (error)"),
}
_CHOICE: Words = {
    **DAY,
    **_LEVEL,
    "tcp": "TCP",
    "udp": "UDP",
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
}
_SHOWN = 5


def setting(path: Path) -> str:
    """What a setting is called; an entry that is no value by its own name."""
    if len(path) == 1:
        return word(SECTION, path[0])
    return word(SETTING, _pattern(path)) if _pattern(path) in SETTING else path[-1]


def way(path: Path) -> str:
    """Where a setting stands: printing, queues, a4, driver."""
    return " › ".join(steps(path))


def steps(path: Path) -> list[str]:
    """The names on the way to a setting, an entry's by its own."""
    return [
        path[n] if isinstance(shape.at(path[:n]), Entries) else setting(path[: n + 1])
        for n in range(len(path))
    ]


def choice(value: str) -> str:
    """One of a setting's choices in words."""
    return word(_CHOICE, value)


def said(value: Any) -> str:
    """A value in words."""
    if value is UNSAID or value is None or value == "" or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value == MASK:
        return _("kept secret")
    if isinstance(value, list) and set(map(str, value)) == set(map(str, DAY)):
        return _("every day")
    if isinstance(value, list):
        return ", ".join(choice(str(one)) for one in value)
    return choice(value) if isinstance(value, str) else str(value)


def layer(of: LayerId) -> str:
    """A layer's name, within a sentence: `the region`, `department Cantal`, `site ambert`."""
    match of.scope:
        case Revision.Scope.REGION:
            return _("the region")
        case Revision.Scope.DEPARTMENT:
            return _("department %(name)s") % {"name": word(DEPARTMENT, of.place)}
        case Revision.Scope.SITE:
            return _("site %(name)s") % {"name": of.place}
    return _("kiosk %(name)s") % {"name": of.place}


def source(of: LayerId | None) -> str:
    """Where a value comes from."""
    if of is None:
        return _("default")
    return layer(of)


def problem(found: Problem) -> str:
    """What a setting must be."""
    return _("must be %(what)s") % {"what": wanted(found.schema)}


def told(found: Problem) -> str:
    """The same, with where it stands."""
    return _("%(setting)s: %(problem)s") % {
        "setting": way(found.path),
        "problem": problem(found),
    }


def broken(found: Mapping[str, Sequence[Problem]]) -> list[str]:
    """What kiosks would lack, each kiosk in a line."""
    lines = [
        _("%(kiosk)s would lack: %(what)s")
        % {"kiosk": kiosk, "what": "; ".join(way(each.path) for each in problems[:3])}
        for kiosk, problems in list(found.items())[:_SHOWN]
    ]
    more = len(found) - _SHOWN
    if more > 0:
        lines.append(ngettext("and %(n)d kiosk more", "and %(n)d kiosks more", more) % {"n": more})
    return lines


def wanted(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in words, as `problems.wanted` says it in English."""
    if "anyOf" in schema:
        return _(", or ").join(wanted(one) for one in schema["anyOf"])
    if "enum" in schema:
        return _("one of: %(choices)s") % {"choices": ", ".join(map(str, schema["enum"]))}
    match schema.get("type"):
        case "array":
            return _("a list, each item %(what)s") % {"what": wanted(schema.get("items", {}))}
        case "integer" if "minimum" in schema:
            return _("a whole number from %(least)s to %(most)s") % {
                "least": schema["minimum"],
                "most": schema["maximum"],
            }
        case "integer" | "number":
            return _("a number")
        case "boolean":
            return _("yes or no")
        case "null":
            return _("empty")
        case "string" if "pattern" in schema:
            return _("like %(pattern)s") % {"pattern": schema["pattern"]}
        case "string":
            most = schema.get("maxLength", 500)
            return _("one line of at most %(most)s characters") % {"most": most}
    return _("something else")


def _pattern(path: Path) -> str:
    found = []
    for n, name in enumerate(path):
        above = shape.at(path[:n])
        found.append("*" if isinstance(above, Entries) else name)
    return ".".join(found)


def sections() -> tuple[str, ...]:
    """In their order."""
    root: Fields = shape.root()
    return tuple(root.fields)
