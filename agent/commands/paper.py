"""What the test page and the test ticket look like: plain words, no picture of anybody. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

#: A4 in points; where the first line stands, and how far the next.
_WIDTH, _HEIGHT, _LEFT, _TOP, _LEADING = 595, 842, 72, 740, 26
_RESET, _CUT = b"\x1b@", b"\x1dV\x42\x00"
#: Feeds the ticket past the blade, or the edge to tear it at.
_FEED = b"\n" * 4
_TITLE = "Page d'essai / Test page"
_TICKET = "Ticket d'essai / Test ticket"


def lines(kiosk: str, device: str, at: datetime) -> tuple[str, ...]:
    """What is on either: who printed it, on what, when.

    >>> lines("pvp-1", "laser", datetime(2026, 7, 1, 12, tzinfo=UTC))[2]
    '2026-07-01 12:00 UTC'
    """
    return (kiosk, device, f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")


def page(kiosk: str, device: str, at: datetime) -> bytes:
    """The page, as a PDF of one leaf A4 (ISO 32000-1, 7.5)."""
    said = (_TITLE, "", *lines(kiosk, device, at), "", "Vigie")
    text = "\n".join(f"({_escape(line)}) Tj T*" for line in said)
    drawn = f"BT /F1 20 Tf {_LEADING} TL {_LEFT} {_TOP} Td\n{text}\nET\n"
    # A frame near the edge shows whether the page is fed straight and printed whole.
    drawn += f"1 w 36 36 {_WIDTH - 72} {_HEIGHT - 72} re S\n"
    return _pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )


def ticket(kiosk: str, device: str, at: datetime) -> bytes:
    """The ticket, in ESC/POS: reset, text, feed, cut where there is a blade."""
    said = "\n".join((_TICKET, "", *lines(kiosk, device, at)))
    return _RESET + said.encode("ascii", "replace") + b"\n" + _FEED + _CUT


def _escape(line: str) -> str:
    plain = line.encode("ascii", "replace").decode()
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _pdf(*objects: str) -> bytes:
    body, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{each}\nendobj\n".encode()
    return body + _trailer(offsets, len(body))


def _trailer(offsets: Sequence[int], start: int) -> bytes:
    size = len(offsets) + 1
    rows = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return (
        f"xref\n0 {size}\n0000000000 65535 f \n{rows}"
        f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ).encode()
