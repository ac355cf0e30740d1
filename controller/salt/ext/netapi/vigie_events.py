"""Lets salt-api's stream of events tell signed returns; by Salt's own Python.

A minion that signs its messages puts the signature, bytes, into the event of its return. JSON has
no bytes, and in 3008.3 the stream of rest_cherrypy ends there. With this it says them in
hexadecimal.
"""

from typing import Any


def __virtual__() -> tuple[bool, str]:  # noqa: N807 - Salt's loader calls it
    """Called by salt-api before it starts what it serves; there is nothing here to be served."""
    import salt.utils.json

    if not getattr(salt.utils.json.dumps, "says_bytes", False):
        salt.utils.json.dumps = _saying_bytes(salt.utils.json.dumps)
    return False, "it only prepares rest_cherrypy"


def _saying_bytes(dumps: Any) -> Any:
    def say(value: Any, **options: Any) -> Any:
        return dumps(value, **{"default": _hexadecimal, **options})

    say.says_bytes = True  # type: ignore[attr-defined]
    return say


def _hexadecimal(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} cannot be said in JSON")
