"""A serial line: opened alone, asked, and led through a dialogue that a quirk describes.

A dialogue is a list of steps, in TOML tables:
    {send = "AT+RESET\\r"}                    text; {version} and {size} stand for the file's
    {send_hex = "1b40"}                       the same in bytes
    {expect = "OK", within_s = 5}             what has to come; also expect_hex
    {file = true, block_bytes = 64, ack_hex = "06", within_s = 2}   the file; each block answered
    {pause_s = 2}                             while the device restarts
    {reopen_s = 30}                           the line goes and comes back, within that time
"""

import errno
import fcntl
import os
import select
import termios
import time
import tty
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from hook import GONE, LATER, File, HookError, progress

_WITHIN_S = 5.0
_CHUNK = 4096
_SPEEDS = {2400: termios.B2400, 4800: termios.B4800, 9600: termios.B9600, 19200: termios.B19200,
           38400: termios.B38400, 57600: termios.B57600, 115200: termios.B115200}  # fmt: skip


class Line:
    """Use as a context manager. Whoever else opens it meanwhile is refused (TIOCEXCL)."""

    def __init__(self, node: str, baud: int = 9600) -> None:
        if baud not in _SPEEDS:
            known = ", ".join(map(str, _SPEEDS))
            raise HookError(f"baud is {baud}, must be one of: {known} (quirks.toml)")
        self._node, self._speed = node, _SPEEDS[baud]
        self._fd = -1

    def __enter__(self) -> "Line":
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def send(self, data: bytes, within_s: float = _WITHIN_S) -> None:
        """Write all of it."""
        until = time.monotonic() + within_s
        while data:
            _, ready, _ = select.select([], [self._fd], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise HookError(f"{self._node} takes nothing any more")
            data = data[self._do(os.write, data) :]

    def hear(self, end: bytes, within_s: float = _WITHIN_S) -> bytes:
        """What comes up to and with `end`. Raises HookError when it does not come."""
        heard, until = b"", time.monotonic() + within_s
        while not heard.endswith(end):
            ready, _, _ = select.select([self._fd], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise HookError(f"{self._node} said {heard[-60:]!r}, must end with {end!r}")
            heard += self._do(os.read, 1)
        return heard

    def ask(self, question: bytes, end: bytes, within_s: float = _WITHIN_S) -> bytes:
        """Forget what was said before, send, and hear."""
        termios.tcflush(self._fd, termios.TCIFLUSH)
        self.send(question)
        return self.hear(end, within_s)

    def follow(self, steps: Sequence[Mapping[str, Any]], file: File) -> None:
        """Lead a dialogue to its end. Raises HookError at the step that fails."""
        for number, step in enumerate(steps):
            try:
                self._follow(step, file)
            except HookError as err:
                raise HookError(f"step {number + 1}: {err}", err.status) from err

    def _follow(self, step: Mapping[str, Any], file: File) -> None:
        within_s = float(step.get("within_s", _WITHIN_S))
        if step.get("file"):
            self._transfer(step, file, within_s)
        elif "pause_s" in step:
            time.sleep(float(step["pause_s"]))
        elif "reopen_s" in step:
            self._reopen(float(step["reopen_s"]))
        elif (words := _bytes(step, "send", file)) is not None:
            self.send(words)
        elif (words := _bytes(step, "expect", file)) is not None:
            self.hear(words, within_s)
        else:
            raise HookError(f"{dict(step)} is no step (lib/line.py)")

    def _transfer(self, step: Mapping[str, Any], file: File, within_s: float) -> None:
        size = int(step.get("block_bytes", 256))
        acknowledged = _bytes(step, "ack", file)
        content = file.path.read_bytes()
        for at in range(0, len(content), size):
            self.send(content[at : at + size], within_s)
            if acknowledged is not None:
                self.hear(acknowledged, within_s)
            progress(100 * min(at + size, len(content)) / len(content), "writing")

    def _reopen(self, within_s: float) -> None:
        self._close()
        until = time.monotonic() + within_s
        while True:
            try:
                return self._open()
            except HookError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _open(self) -> None:
        try:
            self._fd = os.open(self._node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as err:
            is_gone = err.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO)
            status = GONE if is_gone else LATER
            raise HookError(f"{self._node} cannot be opened: {err.strerror}", status) from err
        fcntl.ioctl(self._fd, termios.TIOCEXCL)
        tty.setraw(self._fd)
        told = termios.tcgetattr(self._fd)
        told[2] |= termios.CLOCAL | termios.CREAD
        told[4] = told[5] = self._speed
        termios.tcsetattr(self._fd, termios.TCSANOW, told)

    def _close(self) -> None:
        if self._fd >= 0:
            with suppress(OSError):
                fcntl.ioctl(self._fd, termios.TIOCNXCL)
            os.close(self._fd)
            self._fd = -1

    def _do(self, act: Any, what: Any) -> Any:
        try:
            return act(self._fd, what)
        except BlockingIOError:
            return b"" if act is os.read else 0
        except OSError as err:
            raise HookError(f"{self._node} has gone: {err.strerror}", GONE) from err


def _bytes(step: Mapping[str, Any], key: str, file: File) -> bytes | None:
    if f"{key}_hex" in step:
        return bytes.fromhex(step[f"{key}_hex"])
    if key not in step:
        return None
    said = str(step[key]).replace("{version}", file.version)
    return said.replace("{size}", str(file.path.stat().st_size)).encode("latin-1")
