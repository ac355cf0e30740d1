"""Asks upsd of the Network UPS Tools about a UPS (RFC 9271: plain text, one line a message).

    > LIST VAR ups
    < BEGIN LIST VAR ups
    < VAR ups battery.charge "100"
    < VAR ups ups.status "OL CHRG"
    < END LIST VAR ups
or, in place of all that, `ERR DATA-STALE`.
"""

import re
import socket

from agent.errors import NutError

_VARIABLE = re.compile(r'VAR \S+ (\S+) "((?:[^"\\]|\\.)*)"')
_MAX_BYTES = 65536


def variables(host: str, port: int, name: str, timeout_s: float) -> dict[str, str]:
    """What upsd knows of UPS `name`.

    Raises NutError when it cannot be reached, and with its code when it refuses.
    """
    try:
        with socket.create_connection((host, port), timeout_s) as line:
            line.sendall(f"LIST VAR {name}\n".encode())
            raw = b""
            while not _is_whole(raw) and len(raw) < _MAX_BYTES:
                more = line.recv(4096)
                if not more:
                    break
                raw += more
    except OSError as err:
        raise NutError(f"upsd at {host}:{port} does not answer: {err}") from err
    return parse(raw.decode(errors="replace"))


def parse(raw: str) -> dict[str, str]:
    r"""Names and values of an answer.

    >>> parse('BEGIN LIST VAR ups\nVAR ups ups.status "OL CHRG"\nEND LIST VAR ups\n')
    {'ups.status': 'OL CHRG'}

    Raises NutError for an error, and for an answer that was cut.
    """
    last = raw.rstrip("\n").rpartition("\n")[2]
    if last.startswith("ERR "):
        code = last.removeprefix("ERR ").split(" ")[0]
        raise NutError(f"upsd says {code}", code)
    if not last.startswith("END LIST VAR "):
        raise NutError("upsd's answer is cut short")
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in _VARIABLE.findall(raw)}


def _is_whole(raw: bytes) -> bool:
    last = raw.rstrip(b"\n").rpartition(b"\n")[2]
    return raw.endswith(b"\n") and last.startswith((b"ERR ", b"END LIST VAR "))
