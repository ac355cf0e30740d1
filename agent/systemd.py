"""Tells systemd, where there is one, that we are ready, alive and how we are (sd_notify(3))."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Systemd:
    """The service manager's ear, where there is one."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        watchdog_us = environ.get("WATCHDOG_USEC", "")
        #: How often to call `alive`, in seconds; None when nobody watches.
        self.watchdog_s = int(watchdog_us) / 2e6 if watchdog_us.isdigit() else None

    @property
    def is_there(self) -> bool:
        """Whether systemd started this program, and will again (`Restart=always`)."""
        return bool(self._address)

    def ready(self) -> None:
        """The agent has started."""
        self._send("READY=1")

    def alive(self) -> None:
        """The loop turns. Without this for WatchdogSec, systemd restarts the agent."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={text.splitlines()[0] if text else ''}")

    def stopping(self) -> None:
        """The agent is about to end."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the zero byte of an abstract socket.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock,
        ):
            sock.sendto(message.encode(), address)
