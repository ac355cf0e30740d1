"""What strangers say, made fit to be stored."""

from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def printable(text: str) -> str:
    r"""Without the NUL that PostgreSQL refuses in a text.

    >>> ascii(printable("bonjour\0"))
    "'bonjour\\ufffd'"
    """
    return text.replace("\0", "\ufffd")


def stored_json(value: Any) -> str:
    r"""The JSON of a value, without the NUL that PostgreSQL refuses there too.

    >>> stored_json({"model": "X\0"})
    '{"model":"X\\ufffd"}'
    """
    return _encode(value).replace(rb"\u0000", rb"\ufffd").decode()


def storable(value: Any) -> Any:
    """The same as a value; Structs come out as dicts."""
    return msgspec.json.decode(stored_json(value))
