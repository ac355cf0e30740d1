"""Receipt printers: there, and able to print? Asked by ESC/POS over a serial line or /dev/usb/lp*.

They are asked only while nobody else holds their node, so never in the middle of a print.
"""

import errno
import fcntl
import os
import select
import termios
from collections.abc import Mapping
from pathlib import Path

import pyudev
from msgspec import Struct

from agent.config import Config, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import escpos, holders, plugged
from agent.probes.finding import Finding, add
from agent.probes.plugged import Pair, Plugged
from agent.settings import settings
from contract.health import DeviceState, Health

KIND = "receipt-printer"
PERIOD_S = 60.0
#: The answer takes 20 ms at 9600 baud; a printer that wakes up takes longer.
ANSWER_S = 0.5
#: linux/lp.h: LPGETSTATUS, and its bits as lp(4) has them.
_LPGETSTATUS, _PAPER_OUT, _SELECTED = 0x060B, 0x20, 0x10
_SPEEDS = {
    1200: termios.B1200,
    2400: termios.B2400,
    4800: termios.B4800,
    9600: termios.B9600,
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a declared receipt printer. `baud` is of a serial line."""

    baud: int = 9600


def probe(config: Config) -> Probe:
    """Reports each declared receipt printer. Raises ConfigError when its settings are wrong."""
    declared = config.declared(KIND)
    told = {item.id: _settings(item) for item in declared}
    udev = pyudev.Context()
    known: dict[str, Finding] = {}

    def run(_context: Context) -> tuple[DeviceState, ...]:
        pairs = pair(declared, find(udev))
        states = []
        for item in declared:
            one, oddity = pairs[item.id]
            state = plugged.presence(item, one, oddity)
            if one is None:
                known.pop(item.id, None)
            else:
                found = look(one.path, told[item.id], known.get(item.id))
                known[item.id] = found
                state = add(state, found)
            states.append(state)
        return tuple(states)

    period_s = config.probes.period_s(KIND, PERIOD_S)
    return Probe(KIND, period_s, config.probes.timeout_s, run)


def find(udev: pyudev.Context) -> tuple[Plugged, ...]:
    """Every node that one might be behind: printers of the kernel, and serial lines on USB."""
    printers = plugged.find(udev, "usbmisc", lambda device: device.sys_name.startswith("lp"))
    lines = plugged.find(
        udev,
        "tty",
        lambda device: bool(device.device_node) and device.find_parent("usb") is not None,
    )
    return (*printers, *lines)


def pair(declared: tuple[Peripheral, ...], found: tuple[Plugged, ...]) -> dict[str, Pair]:
    """Which node answers for which declaration. A path that is no device of USB is taken as it is:
    a serial line of the board."""
    pairs = plugged.pair(declared, found)
    for item in declared:
        path = item.match.path
        if pairs[item.id][0] is None and path is not None and Path(path).exists():
            pairs[item.id] = (Plugged(path), "")
    return pairs


def look(path: str, told: Settings, before: Finding | None) -> Finding:
    """How the printer behind a node is; as `before` while somebody prints."""
    holder = holders.search({path, str(Path(path).resolve())})
    if holder is not None:
        return before or Finding(Health.UNKNOWN, ("device-busy",), {}, {"held_by": holder.program})
    try:
        return ask(path, told.baud)
    except OSError as err:
        if err.errno == errno.EBUSY:  # usblp lets one in at a time
            return before or Finding(Health.UNKNOWN, ("device-busy",))
        if err.errno in (errno.EACCES, errno.EPERM):
            return Finding(Health.UNKNOWN, ("access-denied",))
        if err.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
            return Finding(Health.MISSING, (plugged.NOT_CONNECTED,))
        return Finding(Health.FAILED, ("io-error",), {}, {"trouble": str(err.strerror)[:128]})


def ask(path: str, baud: int) -> Finding:
    """All questions, one after the other. Raises OSError when the node cannot be used."""
    node = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if os.isatty(node):
            _prepare(node, baud)
            return escpos.judge(_answers(node))
        lines = _status_lines(node)
        answers = _answers(node)
    finally:
        os.close(node)
    if any(byte is not None for byte in answers.values()) or lines is None:
        return escpos.judge(answers)
    return judge_lines(lines)


def judge_lines(status: int) -> Finding:
    """What LPGETSTATUS amounts to, for a printer that speaks no ESC/POS.

    >>> judge_lines(0x30).reasons, judge_lines(0x18).reasons
    (('media-empty',), ())
    """
    if status & _PAPER_OUT:
        return Finding(Health.FAILED, ("media-empty",))
    if not status & _SELECTED:
        return Finding(Health.FAILED, ("offline",))
    return Finding()


def _answers(node: int) -> Mapping[int, int | None]:
    """One byte a question; where the first stays without, the others are not put."""
    answers: dict[int, int | None] = {}
    for number in escpos.QUESTIONS:
        os.write(node, escpos.question(number))
        answers[number] = _read(node)
        if answers[number] is None:
            break
    return answers


def _read(node: int) -> int | None:
    ready, _, _ = select.select([node], [], [], ANSWER_S)
    said = os.read(node, 1) if ready else b""
    return said[0] if said else None


def _prepare(node: int, baud: int) -> None:
    """8 bits, no parity, nothing interpreted; the line stays as it is when we leave."""
    attributes = termios.tcgetattr(node)
    control = termios.CS8 | termios.CREAD | termios.CLOCAL
    speed = _SPEEDS[baud]
    raw: list[int | list[bytes | int]] = [0, 0, control, 0, speed, speed, attributes[6]]
    termios.tcsetattr(node, termios.TCSANOW, raw)
    termios.tcflush(node, termios.TCIFLUSH)


def _status_lines(node: int) -> int | None:
    """The lines of a parallel port, as usblp shows them; None where there are none."""
    answer = bytearray(4)
    try:
        fcntl.ioctl(node, _LPGETSTATUS, answer)
    except OSError:
        return None
    return int.from_bytes(answer, "little")


def _settings(item: Peripheral) -> Settings:
    told = settings(item, Settings)
    if told.baud not in _SPEEDS:
        known = ", ".join(str(speed) for speed in _SPEEDS)
        raise ConfigError(
            f"settings of peripheral {item.id!r} ({KIND}): baud is {told.baud}, "
            f"must be one of: {known}"
        )
    return told
