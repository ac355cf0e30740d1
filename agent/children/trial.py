"""Has a network scanner scan a square inch by eSCL. The picture is thrown away as it comes.

    trial.py URL

Prints {"status": 200, "is_scanned": true}: the last answer's status, and whether a picture came; or
{"error": "ConnectionRefusedError"} when nobody answers.
"""

import http.client
import json
import ssl
import sys
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

_LIMIT_S, _STEP_S = 40.0, 1.0
_CHUNK_BYTES = 64 * 1024
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<scan:ScanSettings xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03"
 xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
<pwg:Version>2.0</pwg:Version>
<pwg:ScanRegions><pwg:ScanRegion>
<pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>
<pwg:XOffset>0</pwg:XOffset><pwg:YOffset>0</pwg:YOffset>
<pwg:Width>300</pwg:Width><pwg:Height>300</pwg:Height>
</pwg:ScanRegion></pwg:ScanRegions>
<pwg:InputSource>Platen</pwg:InputSource>
<scan:ColorMode>Grayscale8</scan:ColorMode>
<scan:XResolution>300</scan:XResolution><scan:YResolution>300</scan:YResolution>
<pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>
</scan:ScanSettings>
"""


def main(url: str) -> None:
    """Scan, and say whether a picture came."""
    try:
        print(json.dumps(scan(url)))
    except (OSError, http.client.HTTPException) as err:
        print(json.dumps({"error": type(err).__name__}))


def scan(url: str) -> dict[str, Any]:
    """One job: made, its picture awaited, ended. Raises OSError, HTTPException."""
    status, location, _ = _ask(url, "POST", "/ScanJobs", _SETTINGS)
    if status != http.client.CREATED:
        return {"status": status, "is_scanned": False}
    # Only the job's path is taken: many scanners name a host that cannot be reached.
    job = "/ScanJobs/" + urlsplit(location).path.rstrip("/").rpartition("/")[2]
    limit = time.monotonic() + _LIMIT_S
    try:
        while True:
            status, _, size = _ask(url, "GET", f"{job}/NextDocument")
            is_warming_up = status == http.client.SERVICE_UNAVAILABLE
            if not is_warming_up or time.monotonic() > limit:
                return {"status": status, "is_scanned": status == http.client.OK and size > 0}
            time.sleep(_STEP_S)
    finally:
        with suppress(OSError, http.client.HTTPException):  # it ends by itself, in time
            _ask(url, "DELETE", job)


def _ask(url: str, method: str, path: str, body: str | None = None) -> tuple[int, str, int]:
    """Status, Location, and how many bytes came, of which none is kept."""
    parts = urlsplit(url)
    line: http.client.HTTPConnection
    if parts.scheme == "https":
        # Scanners sign their own certificates; what is sent is no secret, what comes is not kept.
        context = ssl._create_unverified_context()  # noqa: S323
        line = http.client.HTTPSConnection(parts.netloc, timeout=_LIMIT_S, context=context)
    else:
        line = http.client.HTTPConnection(parts.netloc, timeout=_LIMIT_S)
    try:
        head = {"Connection": "close", "Content-Type": "text/xml"}
        line.request(method, parts.path.rstrip("/") + path, body, head)
        answer = line.getresponse()
        size = 0
        while chunk := answer.read(_CHUNK_BYTES):
            size += len(chunk)
        return answer.status, answer.getheader("Location", ""), size
    finally:
        line.close()


if __name__ == "__main__":
    main(sys.argv[1])
