"""As many of the newest lines as fit compressed into so many bytes. Pure."""

import gzip
from collections.abc import Iterable

from msgspec import Struct

#: Aim so far below the limit at each attempt: what is left compresses a little worse.
_SLACK = 0.95


class Excerpt(Struct, frozen=True):
    """Lines in the order of time, compressed by gzip."""

    packed: bytes
    lines: int
    is_cut: bool  # older ones did not fit


def fit(newest_first: Iterable[str], max_bytes: int) -> Excerpt:
    """The excerpt of these lines that is at most `max_bytes` large.

    >>> gzip.decompress(fit(["two", "one"], 1000).packed)
    b'one\\ntwo\\n'
    """
    lines = list(newest_first)
    lines.reverse()
    given = len(lines)
    while len(packed := _pack(lines)) > max_bytes and lines:
        keep = int(len(lines) * _SLACK * max_bytes / len(packed))
        lines = lines[len(lines) - keep :] if keep else []
    return Excerpt(packed, len(lines), len(lines) < given)


def _pack(lines: list[str]) -> bytes:
    text = "".join(f"{line}\n" for line in lines)
    return gzip.compress(text.encode("utf-8", "replace"), compresslevel=6, mtime=0)
