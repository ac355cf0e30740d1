"""The kinds of peripherals a kiosk may have. Data only: what a kiosk has not costs it nothing.

Each kind is measured by `agent/probes/<kind>.py`, imported once one is declared or found.
"""

from msgspec import Struct


class Kind(Struct, frozen=True):
    """One kind, which is also the name of its probe.

    `subsystems`: the kernel's, whose events mean that one came or went. `sign`: a pattern of paths
    below the root, of which there is none where there is no such peripheral; empty when only a
    declaration tells. `also_for`: kinds whose declaration brings this one along.
    """

    name: str
    subsystems: tuple[str, ...] = ()
    sign: str = ""
    also_for: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The probe's module."""
        return "agent.probes." + self.name.replace("-", "_")


#: In the order of their first run: what a citizen misses first comes first.
KINDS = (
    Kind("camera", ("video4linux",), "sys/class/video4linux/*"),
    Kind("microphone", ("sound",)),
    Kind("speakers", ("sound",)),
    Kind("handset", ("sound", "input", "hidraw")),
    Kind("screen", ("drm",)),
    Kind("touchscreen", ("input",)),
    Kind("application"),
    Kind("printer", ("usb", "usbmisc")),
    Kind("receipt-printer", ("usb", "usbmisc", "tty")),
    Kind("scanner", ("usb",)),
    Kind("barcode-reader", ("tty", "input", "hidraw")),
    Kind("card-reader", ("usb",)),
    Kind("wifi", ("net", "rfkill")),
    Kind("modem", ("net", "tty", "usb", "usbmisc")),
    Kind("video-platform"),
    Kind("ups", ("power_supply", "usb")),
    Kind("usb", ("usb", "block"), "sys/bus/usb/devices/usb*"),
    Kind("session", also_for=("camera", "microphone")),
)


def named(name: str) -> Kind | None:
    """The kind of this name, if there is one."""
    return next((kind for kind in KINDS if kind.name == name), None)
