"""A USB device taken from the kernel and given back, as if somebody had pulled its plug.

    /sys/bus/usb/devices/1-1.2              a device, by its port
    /sys/bus/usb/devices/1-1.2/authorized   0: the kernel leaves it alone; 1: it begins anew
    /sys/bus/usb/devices/1-1.2:1.0/driver   of an interface -> /sys/bus/usb/drivers/uvcvideo
    /sys/bus/usb/drivers/uvcvideo/unbind    takes an interface's name; so does bind
    /sys/bus/usb/drivers_probe              finds the driver of the interface it is told

Source: Documentation/ABI/testing/sysfs-bus-usb and usb/authorization.rst of Linux.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from agent.config import Match
from agent.errors import RemedyError
from contract.health import FactValue

_PORT = re.compile(r"\d+-\d+(\.\d+)*")
#: A device wants some time without power, or without the kernel, to forget its own state.
OFF_S = 2.0


class UsbBus:
    """The USB devices below `sys`. Every method raises RemedyError when it cannot be done."""

    def __init__(
        self,
        sys: Path = Path("/sys"),
        off_s: float = OFF_S,
        write: Callable[[Path, str], object] = Path.write_text,
    ) -> None:
        self._bus, self._off_s, self._write_text = sys / "bus/usb", off_s, write

    def port(self, match: Match, facts: Mapping[str, FactValue]) -> str:
        """The port of the one device that a declaration means, be it well or not.

        `facts` are what was last known of it: they tell the port where several are alike.
        """
        fitting = [port for port in self._ports() if self._fits(match, port)]
        known = str(facts.get("port", ""))
        if len(fitting) == 1 or known in fitting:
            return known if known in fitting else fitting[0]
        if not fitting:
            raise RemedyError("no such device is on any USB port")
        raise RemedyError(f"{len(fitting)} such devices are plugged in: declare match.port")

    def rebind(self, port: str) -> None:
        """Take each interface of the device from its driver, and give it back."""
        interfaces = self._interfaces(port)
        if not interfaces:
            raise RemedyError(f"the device on USB port {port} has no interface")
        drivers = {name: driver for name in interfaces if (driver := self._driver(name))}
        for name in drivers:
            # One interface may have taken others with it: uvcvideo's go together.
            if driver := self._driver(name):
                self._write(self._bus / "drivers" / driver / "unbind", name)
        time.sleep(self._off_s)
        self.give_back(port, drivers)

    def give_back(self, port: str, drivers: Mapping[str, str] | None = None) -> None:
        """Give every interface without a driver to the one it had, or to whichever knows it."""
        for name in self._interfaces(port):
            if self._driver(name):
                continue
            known = (drivers or {}).get(name)
            path = self._bus / "drivers" / known / "bind" if known else self._bus / "drivers_probe"
            # Taken by its neighbour meanwhile, or known to no driver: then it needs none.
            with suppress(RemedyError):
                self._write(path, name)
        if drivers and not any(self._driver(name) for name in self._interfaces(port)):
            raise RemedyError(f"no driver takes the device on USB port {port} back")

    def authorize(self, port: str, *, is_allowed: bool) -> None:
        """Let the kernel use the device, or not."""
        self._write(self._bus / "devices" / port / "authorized", "1" if is_allowed else "0")

    def cycle(self, port: str) -> None:
        """Forbid the kernel to use the device, and allow it again."""
        self.authorize(port, is_allowed=False)
        try:
            time.sleep(self._off_s)
        finally:
            self.authorize(port, is_allowed=True)

    def _ports(self) -> list[str]:
        devices = self._bus / "devices"
        return sorted(one.name for one in devices.glob("*") if _PORT.fullmatch(one.name))

    def _fits(self, match: Match, port: str) -> bool:
        seen = f"{self._attribute(port, 'idVendor')}:{self._attribute(port, 'idProduct')}"
        return (
            match.port in (None, port)
            and (match.usb_id is None or match.usb_id.lower() == seen.lower())
            and match.serial in (None, self._attribute(port, "serial"))
        )

    def _attribute(self, port: str, name: str) -> str:
        try:
            return (self._bus / "devices" / port / name).read_text(errors="replace").strip()
        except OSError:
            return ""

    def _interfaces(self, port: str) -> list[str]:
        return sorted(one.name for one in (self._bus / "devices").glob(f"{port}:*"))

    def _driver(self, interface: str) -> str:
        link = self._bus / "devices" / interface / "driver"
        return link.resolve().name if link.exists() else ""

    def _write(self, path: Path, text: str) -> None:
        try:
            self._write_text(path, text)
        except OSError as err:
            raise RemedyError(f"{path}: {err.strerror}") from err


def hub_and_port(port: str) -> tuple[str, str]:
    """How uhubctl names a port: by its hub, and its number there.

    >>> hub_and_port("1-1.2"), hub_and_port("1-4"), hub_and_port("2-1.3.4")
    (('1-1', '2'), ('1', '4'), ('2-1.3', '4'))
    """
    hub, _, number = port.rpartition("." if "." in port else "-")
    return hub, number
