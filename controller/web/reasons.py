"""What is wrong with a device, in words for somebody who has never heard of IPP.

Keywords are a standard's where there is one: printers by RFC 8011 and PWG 5100.9, scanners by SANE,
the rest by the kiosk's own probes. One that is not in the table is shown as it is.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PRINTER: dict[str, str | Promise] = {
    "media-needed": _("paper is needed"),
    "media-jam": _("paper jam"),
    "media-low": _("almost out of paper"),
    "media-empty": _("out of paper"),
    "moving-to-paused": _("about to pause"),
    "paused": _("paused"),
    "shutdown": _("switched off"),
    "connecting-to-device": _("connecting"),
    "timed-out": _("does not answer in time"),
    "stopping": _("stopping"),
    "stopped-partly": _("partly stopped"),
    "toner-low": _("toner is low"),
    "toner-empty": _("out of toner"),
    "spool-area-full": _("too many documents waiting"),
    "cover-open": _("a cover is open"),
    "door-open": _("a door is open"),
    "interlock-open": _("a safety cover is open"),
    "input-tray-missing": _("the paper tray is missing"),
    "output-tray-missing": _("the output tray is missing"),
    "output-area-almost-full": _("the output tray is almost full"),
    "output-area-full": _("the output tray is full"),
    "marker-supply-low": _("ink or toner is low"),
    "marker-supply-empty": _("out of ink or toner"),
    "marker-waste-almost-full": _("the waste container is almost full"),
    "marker-waste-full": _("the waste container is full"),
    "fuser-over-temp": _("the fuser is too hot"),
    "fuser-under-temp": _("the fuser is too cold"),
    "opc-near-eol": _("the drum is nearly worn out"),
    "opc-life-over": _("the drum is worn out"),
    "developer-low": _("developer is low"),
    "developer-empty": _("out of developer"),
    "interpreter-resource-unavailable": _("cannot process the document"),
    "offline": _("the printer does not answer"),
    "other": _("another problem"),
    "none": _("nothing to report"),
}

SCANNER: dict[str, str | Promise] = {
    "unsupported": _("does not support what is asked of it"),
    "cancelled": _("the scan was cancelled"),
    "device-busy": _("in use"),
    "inval": _("refuses its settings"),
    "jammed": _("document jam"),
    "no-docs": _("no document to scan"),
    "io-error": _("cannot be read from or written to"),
    "no-mem": _("out of memory"),
    "access-denied": _("access denied"),
    "mispick": _("takes several sheets at once"),
    "hatch-open": _("a hatch is open"),
    "down": _("out of order"),
    "stopped": _("stopped"),
}

LINE: dict[str, str | Promise] = {
    "no-route": _("no route to the network"),
    "no-carrier": _("network cable unplugged, or line down"),
    "no-address": _("no network address"),
    "not-enrolled": _("does not know a controller yet"),
    "no-echo": _("the controller does not answer to ping"),
    "name-not-resolved": _("the controller's name cannot be found"),
    "no-dns": _("no name server answers"),
    "unreachable": _("the controller cannot be reached"),
    "rtt-high": _("the line is slow to answer"),
    "jitter-high": _("the line is unsteady"),
    "loss-high": _("the line loses packets"),
    "errors-high": _("the network card makes errors"),
    "interface-errors": _("the network card makes errors"),
    "signal-low": _("weak radio signal"),
    "sim-missing": _("no SIM card"),
}

MACHINE: dict[str, str | Promise] = {
    "storage-low": _("little space left on disk"),
    "storage-full": _("disk full"),
    "read-only": _("the disk can no longer be written to"),
    "inodes-low": _("the disk can hold few more files"),
    "inodes-full": _("the disk can hold no more files"),
    "wear-high": _("the disk is nearly worn out"),
    "disk-failing": _("the disk says that it is failing"),
    "fs-errors": _("the file system has errors"),
    "memory-low": _("little memory left"),
    "cpu-high": _("the processor is overloaded"),
    "load-high": _("the machine is overloaded"),
    "temperature-high": _("too hot"),
    "clock-not-trusted": _("its clock is not to be trusted"),
    "on-battery": _("running on battery"),
    "battery-low": _("the battery is low"),
    "battery-replace": _("the battery must be replaced"),
    "overload": _("overloaded"),
}

PERIPHERAL: dict[str, str | Promise] = {
    "not-connected": _("not connected"),
    "not-found": _("not found"),
    "swapped": _("replaced by another one"),
    "moved": _("plugged in somewhere else"),
    "not-declared": _("not one that was planned"),
    "undeclared": _("not one that was planned"),
    "no-driver": _("not recognised by the system"),
    "black": _("the picture is black"),
    "frozen": _("the picture is frozen"),
    "muted": _("muted"),
    "silent": _("no sound"),
    "echo": _("echo"),
    "off": _("switched off"),
    "no-signal": _("no signal"),
    "off-hook": _("the handset is off the hook"),
    "busy": _("in use"),
    "not-measured": _("not measured"),
    "not-responding": _("does not answer"),
    "not-permitted": _("the agent may not read it"),
    "probe-error": _("its measurement failed"),
}

REASONS: dict[str, str | Promise] = {**PRINTER, **SCANNER, **LINE, **MACHINE, **PERIPHERAL}

_SUFFIXES = ("-report", "-warning", "-error")


def reason(keyword: str) -> str:
    """The words for `keyword`; itself when there are none.

    RFC 8011 lets a printer add a severity to a keyword: it changes how bad it is, not what it is.
    """
    if keyword in REASONS:
        return str(REASONS[keyword])
    for suffix in _SUFFIXES:
        bare = keyword.removesuffix(suffix)
        if bare != keyword and bare in REASONS:
            return str(REASONS[bare])
    return keyword
