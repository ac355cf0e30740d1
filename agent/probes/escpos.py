"""What a receipt printer answers to ESC/POS real-time status requests. Pure.

`DLE EOT n` (10 04 n) is answered by one byte 0xx1xx10 even while it is offline or out of paper:
    n=1 0x12 fine, 0x1A offline        n=3 0x12 fine, 0x1A cutter, 0x32 unrecoverable
    n=2 0x12 fine, 0x16 cover open     n=4 0x12 fine, 0x1E near end of paper, 0x7E no paper
Source: Epson, ESC/POS command reference, DLE EOT.
"""

from collections.abc import Mapping

from agent.probes.finding import Finding
from contract.health import Health

NO_ANSWER, GARBLED, OFFLINE = "no-answer", "garbled", "offline"
#: In the order they are asked: printer, offline cause, error cause, paper.
QUESTIONS = (1, 2, 3, 4)
_FIXED, _FIXED_VALUE = 0b10010011, 0b00010010

_BITS = {
    2: ((0x04, "cover-open"), (0x20, "media-empty")),
    3: ((0x08, "cutter-jam"), (0x20, "other"), (0x04, "other"), (0x40, "other")),
    4: ((0x60, "media-empty"),),
}
_NEAR_END, _OFFLINE_BIT, _ERROR_BIT = 0x0C, 0x08, 0x40


def request(question: int) -> bytes:
    """The bytes that ask.

    >>> request(4).hex(" ")
    '10 04 04'
    """
    return bytes((0x10, 0x04, question))


def is_status(byte: int) -> bool:
    """Whether a byte can be the answer to a real-time request.

    >>> is_status(0x12), is_status(0x11), is_status(0xFF)
    (True, False, False)
    """
    return byte & _FIXED == _FIXED_VALUE


def judge(answers: Mapping[int, int | None]) -> Finding:
    """The finding of the bytes answered, by question; None where no answer came.

    >>> judge({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x1E}).reasons
    ('media-low',)
    """
    said = {number: byte for number, byte in answers.items() if byte is not None}
    if not said:
        return Finding(Health.FAILED, (NO_ANSWER,))
    if not all(is_status(byte) for byte in said.values()):
        # Another speed, another device, or another protocol: it may well print, or print rubbish.
        return Finding(Health.UNKNOWN, (GARBLED,))
    reasons = [
        reason
        for number, byte in said.items()
        for bit, reason in _BITS.get(number, ())
        if byte & bit
    ]
    if not reasons and said.get(2, 0) & _ERROR_BIT:
        reasons.append("other")
    if not reasons and said.get(1, 0) & _OFFLINE_BIT:
        reasons.append(OFFLINE)
    if reasons:
        return Finding(Health.FAILED, tuple(dict.fromkeys(reasons)))
    if said.get(4, 0) & _NEAR_END:
        return Finding(Health.DEGRADED, ("media-low",))
    if len(said) < len(answers):
        return Finding(Health.UNKNOWN, (NO_ANSWER,))
    return Finding()


def judge_lines(status: int) -> Finding:
    """The finding of the parallel port's three lines, which /dev/usb/lp* keeps (LPGETSTATUS).

    Bits of linux/lp.h: 0x08 no error, 0x10 selected, 0x20 out of paper.

    >>> judge_lines(0x18).health.value, judge_lines(0x38).reasons, judge_lines(0x08).reasons
    ('ok', ('media-empty',), ('offline',))
    """
    if status & 0x20:
        return Finding(Health.FAILED, ("media-empty",))
    if not status & 0x10:
        return Finding(Health.FAILED, (OFFLINE,))
    return Finding() if status & 0x08 else Finding(Health.FAILED, ("other",))
