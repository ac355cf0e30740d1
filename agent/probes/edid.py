"""What a screen says of itself: the first 128 bytes of its EDID (VESA E-EDID 1.4).

00 FF FF FF FF FF FF 00                 header
10 AC 3C 41 4C 41 31 30                 maker in 3 x 5 bits, product code, serial number
...
36: four descriptors of 18 bytes, among them 00 00 00 FC 00 "name\\n", 00 00 00 FF 00 "serial\\n"
"""

from msgspec import Struct

_HEADER = b"\x00\xff\xff\xff\xff\xff\xff\x00"
_BLOCK = 128
_DESCRIPTORS = range(54, 126, 18)
_NAME, _SERIAL = 0xFC, 0xFF


class Edid(Struct, frozen=True):
    """A screen's own name and number. Empty text: it does not say."""

    maker: str  # three letters, of the UEFI's list of makers
    product: str
    serial: str


def parse(block: bytes) -> Edid | None:
    """The first block of an EDID; None when it is none, or was damaged on a bad cable."""
    block = block[:_BLOCK]
    if len(block) < _BLOCK or not block.startswith(_HEADER) or sum(block) % 256:
        return None
    texts = {
        block[at + 3]: block[at + 5 : at + 18].split(b"\n")[0].decode("cp437").strip()
        for at in _DESCRIPTORS
        if block[at : at + 3] == b"\x00\x00\x00"
    }
    number = int.from_bytes(block[12:16], "little")
    code = int.from_bytes(block[10:12], "little")
    return Edid(
        maker=_maker(int.from_bytes(block[8:10], "big")),
        product=texts.get(_NAME) or f"{code:04X}",
        serial=texts.get(_SERIAL) or (str(number) if number else ""),
    )


def _maker(packed: int) -> str:
    """Three letters of five bits each, A being 1.

    >>> _maker(0x10AC)
    'DEL'
    """
    return "".join(chr(64 + (packed >> shift & 31)) for shift in (10, 5, 0))
