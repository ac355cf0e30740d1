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
    "marker-supply-missing": _("a cartridge is missing"),
    "marker-failure": _("a cartridge has failed"),
    "cutter-jam": _("the paper cutter is stuck"),
    "deactivated": _("deactivated"),
    "marker-waste-almost-full": _("the waste container is almost full"),
    "marker-waste-full": _("the waste container is full"),
    "fuser-over-temp": _("the fuser is too hot"),
    "fuser-under-temp": _("the fuser is too cold"),
    "opc-near-eol": _("the drum is nearly worn out"),
    "opc-life-over": _("the drum is worn out"),
    "developer-low": _("developer is low"),
    "developer-empty": _("out of developer"),
    "interpreter-resource-unavailable": _("cannot process the document"),
    "offline": _("does not answer"),
    "no-queue": _("the print queue is gone"),
    "queue-paused": _("the print queue is paused"),
    "not-accepting-jobs": _("the print queue takes no documents"),
    "job-stuck": _("a document has been stuck for long"),
    "aborted-by-system": _("the last document could not be printed"),
    "cups-down": _("the printing service does not answer"),
    "no-answer": _("does not answer"),
    "garbled": _("gives answers that make no sense"),
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
    "mispick": _("the feeder did not take the sheet"),
    "multipick": _("the feeder took several sheets at once"),
    "down": _("out of order"),
    "input-tray-failed": _("the feeder's tray has failed"),
    "input-tray-overloaded": _("too many documents in the feeder"),
    "page-too-short": _("the document is too short for the feeder"),
    "page-too-long": _("the document is too long for the feeder"),
    "no-escl": _("its address is not a scanner's"),
    "stopped": _("stopped"),
}

LINE: dict[str, str | Promise] = {
    "no-route": _("no route to the network"),
    "no-carrier": _("network cable unplugged, or line down"),
    "not-enrolled": _("does not know a controller yet"),
    "no-echo": _("the controller does not answer to ping"),
    "name-not-resolved": _("the controller's name cannot be found"),
    "unreachable": _("does not answer over the network"),
    "connection-refused": _("refuses the connection"),
    "tls-expired": _("its certificate has expired"),
    "tls-not-yet-valid": _("its certificate is not valid yet: is the kiosk's clock right?"),
    "tls-untrusted": _("its certificate cannot be trusted"),
    "tls-failed": _("the encrypted connection fails"),
    "dns-slow": _("the name servers are slow to answer"),
    "captive-portal": _("a hotspot's portal intercepts the line"),
    "rtt-high": _("the line is slow to answer"),
    "jitter-high": _("the line is unsteady"),
    "loss-high": _("the line loses packets"),
    "interface-errors": _("the network card makes errors"),
    "signal-low": _("weak radio signal"),
    "sim-missing": _("no SIM card"),
    "sim-locked": _("the SIM card waits for its PIN"),
    "not-registered": _("on no mobile network"),
    "not-associated": _("not connected to the access point"),
    "radio-off": _("its radio is off"),
    "modem-failed": _("the modem has failed"),
}

MACHINE: dict[str, str | Promise] = {
    "storage-low": _("little space left on disk"),
    "storage-full": _("disk full"),
    "read-only": _("the disk can no longer be written to"),
    "inodes-low": _("the disk can hold few more files"),
    "wear-high": _("the disk is nearly worn out"),
    "disk-failing": _("the disk says that it is failing"),
    "fs-errors": _("the file system has errors"),
    "memory-low": _("little memory left"),
    "load-high": _("the machine is overloaded"),
    "temperature-high": _("too hot"),
    "clock-jumped": _("its clock has jumped"),
    "clock-not-trusted": _("its clock is not to be trusted"),
    "on-battery": _("running on battery"),
    "battery-low": _("the battery is low"),
    "battery-replace": _("the battery must be replaced"),
    "overload": _("too many devices on the battery"),
    "ups-off": _("the backup battery is switched off"),
    "bypass": _("bypassed: it protects from no power cut"),
    "nut-down": _("its service does not answer"),
    "undervoltage": _("the supply voltage is too low"),
    "over-current": _("a USB device drew too much current"),
    "unexpected-storage": _("an unknown USB stick or disk is plugged in"),
}

PERIPHERAL: dict[str, str | Promise] = {
    "not-connected": _("not connected"),
    "swapped": _("replaced by another one"),
    "moved": _("plugged in somewhere else"),
    "no-driver": _("not recognised by the system"),
    "black": _("the picture is black"),
    "frozen": _("the picture is frozen"),
    "muted": _("muted"),
    "single-colour": _("the picture is all of one colour"),
    "no-frames": _("it gives no picture"),
    "no-format": _("it offers no picture that can be used"),
    "no-capture": _("not a camera that takes pictures"),
    "cannot-open": _("cannot be opened"),
    "not-default": _("not the sound card in use"),
    "volume-zero": _("its volume is at zero"),
    "volume-low": _("its volume is too low"),
    "tone-not-heard": _("does not hear the loudspeaker"),
    "silent": _("no sound"),
    "not-confidential": _("the loudspeakers sound although the handset is lifted"),
    "off": _("asleep during opening hours"),
    "off-when-closed": _("switched off while closed, as planned"),
    "no-signal": _("no signal"),
    "touch-off": _("does not react to touch"),
    "other-mode": _("in another mode than declared"),
    "needs-a-human": _("the kiosk could not cure it: somebody has to look at it"),
    "wrong-mode": _("not in the planned mode"),
    "not-running": _("does not run"),
    "restart-loop": _("keeps stopping and restarting"),
    "no-heartbeat": _("its page has not loaded"),
    "page-frozen": _("its page is frozen"),
    "page-hidden": _("its page is hidden by another window"),
    "pcscd-down": _("the card readers' service does not answer"),
    "not-measured": _("not measured"),
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
