"""Fetches one small page of a device on the network.

    get.py URL

Prints {"status": 200, "body": "..."}, or {"error": "ConnectionRefusedError"} when nobody answers.
"""

import http.client
import json
import ssl
import sys
import time
from typing import Any
from urllib.parse import urlsplit

CONNECT_S = 4.0
#: A switch or a radio that wakes up drops the first packets: one more try, before it is called off.
AGAIN_S = 1.0
_MAX_BYTES = 64 * 1024


def main(url: str) -> None:
    """Say what the device answers."""
    found = get(url)
    if "error" in found:
        time.sleep(AGAIN_S)
        found = get(url)
    print(json.dumps(found))


def get(url: str) -> dict[str, Any]:
    """The answer to one request; redirections are not followed."""
    parts = urlsplit(url)
    line: http.client.HTTPConnection
    if parts.scheme == "https":
        # Scanners sign their own certificates. Their state is public and nothing secret is sent.
        context = ssl._create_unverified_context()  # noqa: S323
        line = http.client.HTTPSConnection(parts.netloc, timeout=CONNECT_S, context=context)
    else:
        line = http.client.HTTPConnection(parts.netloc, timeout=CONNECT_S)
    try:
        line.request("GET", parts.path or "/", headers={"Connection": "close"})
        answer = line.getresponse()
        body = answer.read(_MAX_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as err:
        return {"error": type(err).__name__}
    finally:
        line.close()
    return {"status": answer.status, "body": body}


if __name__ == "__main__":
    main(sys.argv[1])
