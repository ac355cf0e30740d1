"""A device on a serial line, as a pseudo-terminal: it hears bytes, and answers."""

import fcntl
import os
import pty
import select
import shutil
import termios
import threading
import tty
from pathlib import Path

#: A device that hears nothing for so long in the midst of a file gives it up.
SILENCE_S = 0.3


class Port:
    """At `path`, from its creation on. Subclasses take from `heard` what they understand."""

    def __init__(self) -> None:
        self.heard = b""
        self._ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.path = os.ttyname(theirs)
        # As udev has serial ports.
        shutil.chown(self.path, group="dialout")
        Path(self.path).chmod(0o660)
        os.close(theirs)  # held open by us it would be in use
        self._lock = threading.RLock()
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Unplug it."""
        self._is_closing = True
        self._thread.join()
        os.close(self._ours)

    def take(self) -> None:
        """Understand what is in `heard`."""
        raise NotImplementedError

    def silent(self) -> None:
        """Nothing came for a while."""

    def say(self, data: bytes) -> None:
        """Answer."""
        os.write(self._ours, data)

    def _free(self) -> None:
        """A serial port's last closing ends its exclusive use; a pseudo-terminal's does not."""
        theirs = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(theirs, termios.TIOCNXCL)
        os.close(theirs)

    def _serve(self) -> None:
        waited_s = 0.0
        while not self._is_closing:
            try:
                ready, _, _ = select.select([self._ours], [], [], 0.02)
                came = os.read(self._ours, 256) if ready else b""
            except OSError:  # nobody has the other end open just now
                self._free()
                select.select([], [], [], 0.01)
                came = b""
            with self._lock:
                self.heard += came
                waited_s = 0.0 if came else waited_s + 0.02
                if came:
                    self.take()
                elif waited_s > SILENCE_S:
                    self.heard = b""
                    self.silent()
