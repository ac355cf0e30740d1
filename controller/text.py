"""What strangers say, made fit to be stored."""

from typing import Any

import msgspec


def printable(text: str) -> str:
    r"""Without the NUL that PostgreSQL refuses in a text.

    >>> ascii(printable("bonjour\0"))
    "'bonjour\\ufffd'"
    """
    return text.replace("\0", "\ufffd")


def storable(value: Any) -> Any:
    """The same for a value that is kept as JSON; Structs come out as dicts."""
    return msgspec.json.decode(msgspec.json.encode(value).replace(rb"\u0000", rb"\ufffd"))
