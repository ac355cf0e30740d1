"""A make-believe kernel: a /sys/bus/usb made of files, and what writing to them brings about."""

import errno
from collections.abc import Callable
from pathlib import Path


class Kernel:
    """Obeys bind, unbind, drivers_probe and authorized below `sys`, as Linux does.

    `binds`: the driver that each interface is for. An interface in `partners` goes with another.
    """

    def __init__(self, sys: Path, binds: dict[str, str], partners: dict[str, str]) -> None:
        self.bus, self._binds, self._partners = sys / "bus/usb", binds, partners
        self.told: list[str] = []
        self.refuses: set[str] = set()  # interfaces that no driver takes any more
        self.on_bound: Callable[[], None] = lambda: None
        for driver in binds.values():
            (self.bus / "drivers" / driver).mkdir(parents=True, exist_ok=True)

    def plug(self, port: str, usb_id: str, serial: str = "") -> None:
        """A device with the interfaces it is to be bound by."""
        vendor, product = usb_id.split(":")
        attributes = {"idVendor": vendor, "idProduct": product, "authorized": "1"}
        for name, value in {**attributes, **({"serial": serial} if serial else {})}.items():
            path = self.bus / "devices" / port / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{value}\n")
        for interface in self._binds:
            if interface.startswith(f"{port}:"):
                (self.bus / "devices" / interface).mkdir()
                self.bind(interface)

    def write(self, path: Path, text: str) -> None:
        """What the agent writes. Raises OSError as the kernel does."""
        self.told.append(f"{path.relative_to(self.bus)} {text}")
        if path.name == "authorized":
            path.write_text(text)  # OSError where there is no such device
            if text == "1":
                self.on_bound()
        elif path.name == "unbind":
            if not self.is_bound(text):
                raise OSError(errno.ENODEV, "No such device")
            for each in (text, self._partners.get(text)):
                if each:
                    self.link(each).unlink()
        else:
            self.bind(text)

    def bind(self, interface: str) -> None:
        """Give an interface, and those that go with it, to its driver."""
        if interface in self.refuses or self.is_bound(interface):
            raise OSError(errno.ENODEV, "No such device")
        for each in (interface, self._partners.get(interface)):
            if each and (self.bus / "devices" / each).exists():
                self.link(each).symlink_to(self.bus / "drivers" / self._binds[each])
        self.on_bound()

    def link(self, interface: str) -> Path:
        """From an interface to its driver."""
        return self.bus / "devices" / interface / "driver"

    def is_bound(self, interface: str) -> bool:
        """Whether it has a driver."""
        return self.link(interface).is_symlink()
