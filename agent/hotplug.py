"""Hot-plug: the kernel's word that a device or a line came or went, as probes to run again.

It only ever hastens a probe; what is there is always what the probe itself enumerates.
"""

import errno
import logging
import select
import socket
from collections.abc import Iterable
from pathlib import Path

import pyudev

from agent.kinds import KINDS, Kind

log = logging.getLogger(__name__)

#: Which probes answer for which kernel subsystem.
SUBSYSTEMS = {"block": {"storage"}, "net": {"network"}, "hwmon": {"system"}}
#: The daemon's own socket: where it is missing (a container) only the kernel's raw events come.
_UDEVD = Path("/run/udev/control")
#: linux/rtnetlink.h: RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE.
_LINE_GROUPS = 0x1 | 0x10 | 0x40


class Hotplug:
    """Listens from its creation on; `fileno` is readable when `read` has something to say.

    `kinds` are the peripherals that it is listened for, beside what every kiosk has.
    """

    def __init__(self, kinds: Iterable[Kind] = KINDS, source: str | None = None) -> None:
        self._probes = {subsystem: set(names) for subsystem, names in SUBSYSTEMS.items()}
        for kind in kinds:
            for subsystem in kind.subsystems:
                self._probes.setdefault(subsystem, set()).add(kind.name)
        self._monitor = pyudev.Monitor.from_netlink(
            pyudev.Context(), source=source or best_source()
        )
        for subsystem in self._probes:
            self._monitor.filter_by(subsystem)
        self._monitor.start()
        self._line = _line_socket()
        self._epoll = select.epoll()
        self._epoll.register(self._monitor.fileno(), select.EPOLLIN)
        if self._line is not None:
            self._epoll.register(self._line.fileno(), select.EPOLLIN)

    def fileno(self) -> int:
        """For a selector."""
        return self._epoll.fileno()

    def read(self) -> frozenset[str]:
        """Names of the probes to run again. Never blocks."""
        names = self._devices()
        if self._line is not None and _drain(self._line):
            names |= {"network"}
        return frozenset(names)

    def close(self) -> None:
        """Stop listening."""
        self._epoll.close()
        if self._line is not None:
            self._line.close()

    def _devices(self) -> set[str]:
        names: set[str] = set()
        try:
            while (device := self._monitor.poll(timeout=0)) is not None:
                names |= self._probes.get(device.subsystem, set())
        except OSError as err:
            if err.errno != errno.ENOBUFS:
                raise
            # Events were lost: look at everything.
            return set().union(*self._probes.values())
        return names


def best_source() -> str:
    """Where events come from: `udev`, after its rules have run, or the bare `kernel`."""
    return "udev" if _UDEVD.exists() else "kernel"


def _line_socket() -> socket.socket | None:
    """Carrier, addresses and routes: uevents tell of interfaces, not of their cables."""
    try:
        line = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        line.setblocking(False)
        line.bind((0, _LINE_GROUPS))
    except OSError as err:
        log.info("no word from the kernel when a line changes (%s): polled only", err)
        return None
    return line


def _drain(line: socket.socket) -> bool:
    """Empty the socket; whether there was anything. What it says is measured by the probe."""
    heard = False
    while True:
        try:
            heard |= bool(line.recv(65536))
        except BlockingIOError:
            return heard
        except OSError as err:
            if err.errno != errno.ENOBUFS:
                raise
            heard = True
