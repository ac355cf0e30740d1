"""What strangers say, made fit to be stored."""

from datetime import UTC, datetime
from typing import Any

import msgspec

_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_encode = msgspec.json.Encoder().encode


def printable(text: str) -> str:
    r"""Without the NUL that PostgreSQL refuses in a text.

    >>> ascii(printable("bonjour\0"))
    "'bonjour\\ufffd'"
    """
    return text.replace("\0", "\ufffd")


def one_line(text: str) -> str:
    r"""On one line, and nothing in it that a terminal would obey.

    >>> one_line("all\nis \x1b[31mwell")
    'all is  [31mwell'
    """
    return "".join(char if char.isprintable() else " " for char in text)


def stored_json(value: Any) -> str:
    r"""The JSON of a value, without the NUL that PostgreSQL refuses there too.

    >>> stored_json({"model": "X\0"})
    '{"model":"X\\ufffd"}'
    """
    return _encode(value).replace(rb"\u0000", rb"\ufffd").decode()


def storable(value: Any) -> Any:
    """The same as a value; Structs come out as dicts."""
    return msgspec.json.decode(stored_json(value))


def storable_time(said: object) -> datetime | None:
    """A time as ISO 8601 has it, where a database can hold it; None for all else.

    >>> storable_time("2026-11-24T10:00:00+01:00").isoformat()
    '2026-11-24T09:00:00+00:00'
    >>> [storable_time(said) for said in ("2026-11-24T10:00:00", "0001-01-01T00:00:00Z", "noon", 7)]
    [None, None, None, None]
    """
    if not isinstance(said, str):
        return None
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    if at.tzinfo is None or not _FIRST_YEAR < at.year < _LAST_YEAR:
        return None
    return at.astimezone(UTC)
