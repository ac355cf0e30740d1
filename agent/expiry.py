"""When a certificate ends: read without TLS or cryptography, which the agent that runs can spare.

A certificate (RFC 5280, 4.1) is, in DER:
    SEQUENCE { SEQUENCE { [0] version, INTEGER serial, SEQUENCE algorithm, SEQUENCE issuer,
                          SEQUENCE { notBefore, notAfter }, ... }, ... }
Each of the two times is a UTCTime `261124120000Z` or a GeneralizedTime `20501124120000Z`.
"""

import binascii
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_VERSION, _UTC_TIME = 0xA0, 0x17


class Validity(Struct, frozen=True):
    """From when until when a certificate counts."""

    begins: datetime
    ends: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until its end; negative once it has ended."""
        return (self.ends - now).days


def read(path: Path) -> Validity | None:
    """Of the first certificate in a PEM file; None where there is none that can be read."""
    try:
        return parse(path.read_text())
    except (OSError, ValueError, IndexError):
        return None


def parse(pem: str) -> Validity:
    """Of the first certificate in `pem`. Raises ValueError or IndexError when there is none."""
    text = pem.split(_BEGIN, 1)[1].split(_END, 1)[0]
    der = binascii.a2b_base64(text)
    at = _inside(der, _inside(der, 0))  # into the certificate, and into what is signed of it
    for _ in range(4 if der[at] == _VERSION else 3):  # version, serial, algorithm, issuer
        at = _after(der, at)
    at = _inside(der, at)
    return Validity(_time(der, at), _time(der, _after(der, at)))


def _length(der: bytes, at: int) -> tuple[int, int]:
    """Of the element at `at`: where its content begins, and how long that is."""
    first = der[at + 1]
    if first < 0x80:
        return at + 2, first
    count = first & 0x7F
    return at + 2 + count, int.from_bytes(der[at + 2 : at + 2 + count], "big")


def _inside(der: bytes, at: int) -> int:
    return _length(der, at)[0]


def _after(der: bytes, at: int) -> int:
    begins, size = _length(der, at)
    return begins + size


def _time(der: bytes, at: int) -> datetime:
    begins, size = _length(der, at)
    text = der[begins : begins + size].decode("ascii")
    if der[at] == _UTC_TIME:  # RFC 5280, 4.1.2.5.1: 50 and above are of the last century
        text = ("19" if text[:2] >= "50" else "20") + text
    fields = [int(text[:4]), *(int(text[i : i + 2]) for i in range(4, 14, 2))]
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc, arg-type]
