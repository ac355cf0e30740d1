"""Reaches a TLS service as a browser would: name, connection, handshake; and asks for a known page.

    reach.py HOST PORT [CA_FILE]
    reach.py --page URL

Prints {"step": ..., "error": ..., ...}: `step` is the last one tried (resolve, connect, tls, done).
"""

import json
import socket
import ssl
import sys
import time
from typing import Any
from urllib.parse import urlsplit

CONNECT_S = 5.0


def main(arguments: list[str]) -> None:
    """Say how far it comes."""
    found = page(arguments[1]) if arguments[0] == "--page" else reach(*arguments)
    print(json.dumps(found))


def reach(host: str, port: str, ca: str | None = None) -> dict[str, Any]:
    """How far the way to a TLS service goes, and how long each step took, in milliseconds."""
    found: dict[str, Any] = {"step": "resolve", "error": ""}
    try:
        began = time.monotonic()
        addresses = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
        found |= {"step": "connect", "resolve_ms": _ms(began)}
        began = time.monotonic()
        with _connect([address[4] for address in addresses]) as bare:
            found |= {"step": "tls", "connect_ms": _ms(began)}
            began = time.monotonic()
            context = ssl.create_default_context(cafile=ca)
            with context.wrap_socket(bare, server_hostname=host) as secured:
                found |= {"step": "done", "tls_ms": _ms(began), "tls": secured.version()}
    except ssl.SSLCertVerificationError as err:
        found |= {"error": "untrusted", "code": err.verify_code, "detail": err.verify_message}
    except OSError as err:
        found |= {"error": type(err).__name__, "detail": str(err.strerror or err)}
    return found


def page(url: str) -> dict[str, Any]:
    """The status of a page fetched without any encryption, and where it sends us instead."""
    parts = urlsplit(url)
    request = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
    try:
        address = (parts.hostname or "", parts.port or 80)
        with socket.create_connection(address, CONNECT_S) as plain:
            plain.sendall(request.encode())
            head = plain.recv(4096).decode("latin-1")
    except OSError as err:
        return {"status": None, "error": type(err).__name__}
    words = head.split(None, 2)
    is_answer = len(words) > 1 and words[0].startswith("HTTP/") and words[1].isdigit()
    return {"status": int(words[1]) if is_answer else None, "error": "" if is_answer else "garbled"}


def _connect(addresses: list[Any]) -> socket.socket:
    """To the first address that answers."""
    trouble: OSError = OSError("no address")
    for address in addresses[:4]:
        try:
            return socket.create_connection(address[:2], CONNECT_S)
        except OSError as err:
            trouble = err
    raise trouble


def _ms(began: float) -> float:
    return round(1000 * (time.monotonic() - began), 1)


if __name__ == "__main__":
    main(sys.argv[1:])
