"""The way to a receipt printer: a serial line or /dev/usb/lp*, one byte read for each question.

Nobody is disturbed: a port that a program holds is not opened, for a question in the middle of a
receipt would be printed by a printer that knows none.
"""

import errno
import fcntl
import os
import select
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from agent.probes import escpos, holders

#: One byte at 1200 baud takes 9 ms; a printer answers at once, whatever it does.
ANSWER_S = 0.5
#: One that is out of paper takes in nothing more once its buffer is full.
WRITE_S = 10.0
_CHUNK_BYTES = 256
_LPGETSTATUS = 0x060B  # linux/lp.h
_SPEEDS = {
    speed: getattr(termios, f"B{speed}")
    for speed in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
}
SPEEDS = tuple(_SPEEDS)


class BusyError(Exception):
    """A program holds the port."""


def ask(path: str, baud: int, *, is_lp: bool) -> tuple[dict[int, int | None], int | None]:
    """The byte answered to each question (None: silence), and an lp port's lines (None: unknown).

    Raises BusyError when a program holds it, OSError when it cannot be opened or goes meanwhile.
    """
    with _opened(path, baud, is_lp=is_lp) as port:
        lines = _lines(port) if is_lp else None
        return _dialogue(port), lines


def write(path: str, baud: int, data: bytes, *, is_lp: bool) -> None:
    """Have it print `data`. Raises BusyError and OSError as `ask`, TimeoutError when it stops
    taking anything in."""
    with _opened(path, baud, is_lp=is_lp) as port:
        while data:
            if not select.select([], [port], [], WRITE_S)[1]:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), path)
            with suppress(BlockingIOError):
                data = data[os.write(port, data[:_CHUNK_BYTES]) :]
        if not is_lp:
            termios.tcdrain(port)


@contextmanager
def _opened(path: str, baud: int, *, is_lp: bool) -> Iterator[int]:
    # Only root sees what other users hold; of a serial line nothing else tells.
    if holders.search({path, os.path.realpath(path)}) is not None:
        raise BusyError(path)
    try:
        port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as err:
        if err.errno == errno.EBUSY:
            raise BusyError(path) from err
        raise
    try:
        if not is_lp:
            _set_up(port, baud)
        yield port
    except termios.error as err:
        raise OSError(*err.args) from err
    finally:
        os.close(port)


def _dialogue(port: int) -> dict[int, int | None]:
    _drain(port)
    answers: dict[int, int | None] = {}
    for question in escpos.QUESTIONS:
        answers[question] = _answer(port, question)
        if answers[question] is None:
            # One that is silent is asked again, once; its other answers are not waited for.
            answers[question] = _answer(port, question)
            if answers[question] is None and len(answers) == 1:
                return answers
    return answers


def _answer(port: int, question: int) -> int | None:
    limit = time.monotonic() + ANSWER_S
    if not select.select([], [port], [], ANSWER_S)[1]:
        return None
    try:
        os.write(port, escpos.request(question))
    except BlockingIOError:
        return None
    while (left_s := limit - time.monotonic()) > 0:
        if not select.select([port], [], [], left_s)[0]:
            return None
        try:
            heard = os.read(port, 1)
        except BlockingIOError:
            continue
        if heard:
            return heard[0]
        time.sleep(0.02)  # usblp answers a read with nothing until there is something
    return None


def _drain(port: int) -> None:
    """What came before a question is no answer to it."""
    limit = time.monotonic() + ANSWER_S
    while time.monotonic() < limit and select.select([port], [], [], 0)[0]:
        try:
            if not os.read(port, 256):
                return
        except BlockingIOError:
            return


def _lines(port: int) -> int | None:
    answer = bytearray(4)
    try:
        fcntl.ioctl(port, _LPGETSTATUS, answer)
    except OSError:
        return None
    return answer[0]


def _set_up(port: int, baud: int) -> None:
    """8 bits, no parity, raw; the line stays up when it is closed: dropping it resets some."""
    told = termios.tcgetattr(port)
    control = termios.CS8 | termios.CREAD | termios.CLOCAL
    speed = _SPEEDS[baud]
    cc = told[6]
    cc[termios.VMIN], cc[termios.VTIME] = 0, 0
    termios.tcsetattr(port, termios.TCSANOW, [0, 0, control, 0, speed, speed, cc])
