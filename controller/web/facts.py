"""What a technician reads of a device: facts, by name and value."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controller.web.measures import metric
from controller.web.words import Words, word

_NAMES: Words = {
    "os": gettext_lazy("System"),
    "kernel": gettext_lazy("Kernel"),
    "machine": gettext_lazy("Architecture"),
    "cores": gettext_lazy("Processor cores"),
    "memory_bytes": gettext_lazy("Memory"),
    "boot_id": gettext_lazy("Boot identifier"),
    "clock_trusted": gettext_lazy("Clock to be trusted"),
    "where": gettext_lazy("Where"),
    "fstype": gettext_lazy("File system"),
    "default_interface": gettext_lazy("Main interface"),
    "gateway": gettext_lazy("Gateway"),
    "dns_servers": gettext_lazy("Name servers"),
    "controller_is_local": gettext_lazy("Controller on this machine"),
    "measured_by": gettext_lazy("Measured by"),
    "failing_probes": gettext_lazy("Failing measurements"),
    "product": gettext_lazy("Model"),
    "serial": gettext_lazy("Serial number"),
    "usb_id": gettext_lazy("USB identifier"),
    "port": gettext_lazy("USB port"),
    "declared": gettext_lazy("Declared"),
    "connector": gettext_lazy("Connector"),
    "is_lit": gettext_lazy("Lit"),
    "mode": gettext_lazy("Mode"),
    "maker": gettext_lazy("Maker"),
    "interface": gettext_lazy("Interface"),
    "wifi_network": gettext_lazy("Wi-Fi network"),
    "modem_state": gettext_lazy("State of the modem"),
    "registration": gettext_lazy("Registration"),
    "operator": gettext_lazy("Operator"),
    "technology": gettext_lazy("Technology"),
    "tls": gettext_lazy("Encryption"),
    "status": gettext_lazy("Status"),
    "trouble": gettext_lazy("Trouble"),
    "held_by": gettext_lazy("Held by"),
    "driver": gettext_lazy("Driver"),
    "card": gettext_lazy("Card"),
    "formats": gettext_lazy("Formats"),
    "documents": gettext_lazy("Documents in the feeder"),
    "busy": gettext_lazy("In use"),
    "pcsc_name": gettext_lazy("Name of the reader"),
    "ports": gettext_lazy("Ports"),
    "unexpected": gettext_lazy("Not declared"),
    "in_session": gettext_lazy("Citizen in session"),
    "began_at": gettext_lazy("Began at"),
    "last_began_at": gettext_lazy("Last session began at"),
    "last_duration_s": gettext_lazy("Last session took"),
    "last_is_cut_short": gettext_lazy("Last session cut short"),
    "muted": gettext_lazy("Muted"),
    "off_hook": gettext_lazy("Handset lifted"),
    "default": gettext_lazy("Used by default"),
    "model": gettext_lazy("Model"),
    "needs": gettext_lazy("Missing package"),
    "format": gettext_lazy("Picture format"),
    "error": gettext_lazy("Error"),
    "rung": gettext_lazy("Remedy"),
    "worked": gettext_lazy("Worked"),
    "reason": gettext_lazy("Reason"),
    "detail": gettext_lazy("Detail"),
}

#: Facts of one part of a device: `eth0_mac`.
_PARTS: Words = {
    "state": gettext_lazy("state"),
    "mac": gettext_lazy("MAC address"),
    "addresses": gettext_lazy("addresses"),
    "speed_mbps": gettext_lazy("speed"),
    "fstype": gettext_lazy("file system"),
}


def name(fact: str) -> str:
    """What a fact is called; without words, its own name.

    >>> name("belt_colour")
    'belt colour'
    """
    if fact in _NAMES:
        return word(_NAMES, fact)
    for part in _PARTS:
        whole = fact.removesuffix(f"_{part}")
        if whole != fact:
            return f"{whole}, {word(_PARTS, part)}"
    return fact.replace("_", " ")


def value(fact: str, said: str | bool | float | None) -> str:
    """A fact as it is read: yes and no in words, numbers with the unit that its name ends with."""
    if isinstance(said, bool):
        return _("yes") if said else _("no")
    if isinstance(said, int | float):
        return metric(fact, said)
    return said or "–"
