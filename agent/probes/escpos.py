"""What a receipt printer answers to `DLE EOT n` (10 04 n): one byte, at once, even amid a print.

Epson's ESC/POS (Transmit real-time status), each with bits 1 and 4 on, 0 and 7 off:
    n=1 printer   08 offline
    n=2 cause     04 cover open   20 stopped at the paper's end   40 error
    n=3 error     04 mechanical   08 cutter   20 cannot recover   40 recovers by itself
    n=4 paper     0C near its end   60 at its end
A printer at rest answers 12 to each.
"""

from collections.abc import Mapping

from agent.probes.finding import Finding
from contract.health import Health

PRINTER, CAUSE, ERROR, PAPER = 1, 2, 3, 4
QUESTIONS = (PRINTER, CAUSE, ERROR, PAPER)
_FIXED, _EXPECTED = 0x93, 0x12


def question(number: int) -> bytes:
    """The bytes that ask it.

    >>> question(PAPER).hex()
    '100404'
    """
    return bytes((0x10, 0x04, number))


def is_status(byte: int) -> bool:
    """Whether a byte can be an answer at all: another speed, or another device, gives others.

    >>> is_status(0x12), is_status(0x72), is_status(0xFF)
    (True, True, False)
    """
    return byte & _FIXED == _EXPECTED


def judge(answers: Mapping[int, int | None]) -> Finding:
    """How the printer is, by its answers; None where none came.

    >>> judge({1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x72}).reasons
    ('media-empty',)
    >>> judge({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x1E}).reasons
    ('media-low',)
    """
    told = {number: byte for number, byte in answers.items() if byte is not None}
    if not told:
        return Finding(Health.FAILED, ("timed-out",))
    if not all(is_status(byte) for byte in told.values()):
        return Finding(Health.UNKNOWN, ("garbled",))
    reasons = _reasons(told)
    if not reasons and told.get(PRINTER, 0) & 0x08:
        reasons = ("offline",)
    if reasons:
        return Finding(Health.FAILED, reasons)
    if told.get(PAPER, 0) & 0x0C:
        return Finding(Health.DEGRADED, ("media-low",))
    return Finding()


def _reasons(told: Mapping[int, int]) -> tuple[str, ...]:
    cause, error, paper = told.get(CAUSE, 0), told.get(ERROR, 0), told.get(PAPER, 0)
    found = (
        ("cover-open", cause & 0x04),
        ("media-empty", cause & 0x20 or paper & 0x60),
        ("media-jam", error & 0x08),  # what stops a cutter is paper
        ("other", cause & 0x40 or error & 0x64),
    )
    reasons = tuple(reason for reason, is_on in found if is_on)
    # The cause of an error says it is one: that it is one is said only where no cause is.
    return tuple(reason for reason in reasons if reason != "other") or reasons
