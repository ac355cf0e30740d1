"""Lists the names of the card readers that PC/SC knows. No card is touched, and none is looked for.

    readers.py

Prints {"readers": [name, ...]}, or {"error": "no-service"} (also: no-library, denied, 0x8010...).
The socket is libpcsclite's own, or that of PCSCLITE_CSOCK_NAME.
"""

import ctypes
import json
import time
from typing import Any

#: pcsclite.h
_SCOPE_SYSTEM = 2
_NO_SERVICE, _NO_READERS, _DENIED = 0x8010001D, 0x8010002E, 0x8010006A
_ERRORS = {_NO_SERVICE: "no-service", _DENIED: "denied"}
#: pcscd wants a moment for a reader that was just plugged in, or when it was just started itself.
_PATIENCE_S, _STEP_S = 3.0, 0.5


def main() -> None:
    """Say which there are, once there is one; or that there is none."""
    limit = time.monotonic() + _PATIENCE_S
    found = readers()
    while found.get("readers") == [] and time.monotonic() < limit:
        time.sleep(_STEP_S)
        found = readers()
    print(json.dumps(found))


def readers() -> dict[str, Any]:
    """The names, by way of libpcsclite: its protocol is nobody else's business."""
    try:
        library = ctypes.CDLL("libpcsclite.so.1")
    except OSError:
        return {"error": "no-library"}
    context, size = ctypes.c_long(), ctypes.c_ulong()
    status = library.SCardEstablishContext(_SCOPE_SYSTEM, None, None, ctypes.byref(context))
    if status:
        return _error(status)
    status = library.SCardListReaders(context, None, None, ctypes.byref(size))
    names = ctypes.create_string_buffer(max(size.value, 1))
    if not status:
        status = library.SCardListReaders(context, None, names, ctypes.byref(size))
    library.SCardReleaseContext(context)
    if status and status & 0xFFFFFFFF != _NO_READERS:
        return _error(status)
    listed = names.raw.decode(errors="replace").split("\0")
    return {"readers": [name for name in listed if name]}


def _error(status: int) -> dict[str, Any]:
    code = status & 0xFFFFFFFF
    return {"error": _ERRORS.get(code, hex(code))}


if __name__ == "__main__":
    main()
