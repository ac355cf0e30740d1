"""Words for what kiosks tell of, on pages and in messages. Keys are the contract's.

A key without words is shown as it is: a newer kiosk may know more than we do.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, str | Promise]

DEVICE_KIND: Words = {
    "system": _("Computer"),
    "storage": _("Disk"),
    "network": _("Network"),
    "agent": _("Vigie's agent"),
    "camera": _("Camera"),
    "microphone": _("Microphone"),
    "speakers": _("Loudspeakers"),
    "handset": _("Handset"),
    "screen": _("Screen"),
    "touchscreen": _("Touch screen"),
    "application": _("Kiosk application"),
    "printer": _("Printer"),
    "receipt-printer": _("Receipt printer"),
    "scanner": _("Scanner"),
    "barcode-reader": _("Barcode reader"),
    "card-reader": _("Card reader"),
    "wifi": _("Wi-Fi"),
    "modem": _("4G modem"),
    "video-platform": _("Video service"),
    "ups": _("Backup battery"),
    "usb": _("USB ports"),
    "session": _("Sessions"),
    "presence": _("Connection"),
}

PRESENCE_REASON: Words = {
    "connected": _("it connected"),
    "stopping": _("its agent was stopped"),
    "rebooting": _("it is restarting"),
    "restarting": _("its agent is starting anew"),
    "lost": _("the connection was lost"),
    "revoked": _("its certificate was revoked"),
}


def word(words: Words, key: str) -> str:
    """What `key` is called in the reader's language."""
    return str(words.get(key, key))
