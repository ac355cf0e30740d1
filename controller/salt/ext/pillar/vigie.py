"""A kiosk's pillar, from the controller's door for kiosks; on the master, by Salt's own Python.

    ext_pillar:
      - vigie: {url: "https://vigie.example.org:8443", ca: ca.pem, certificate: ..., key: ...}

It asks GET <url>/pillar/<minion id>, showing the certificate that the door knows. Whatever goes
wrong is raised: a pillar that fails refuses state.apply, an empty one would apply emptiness.
"""

import http.client
import json
import ssl
from typing import Any
from urllib.parse import quote, urlsplit

_TIMEOUT_S = 20.0


class PillarError(Exception):
    """The controller gave no pillar for a kiosk."""


def ext_pillar(
    minion_id: str, pillar: dict[str, Any], url: str, ca: str, certificate: str, key: str
) -> dict[str, Any]:
    """`{"vigie": {...}}` for a kiosk. Raises PillarError, OSError or ValueError."""
    del pillar
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(certificate, key)
    where = urlsplit(url)
    if where.scheme != "https" or where.hostname is None:
        raise PillarError(f"ext_pillar: vigie: url is {url!r}, must be https://host:port")
    link = http.client.HTTPSConnection(
        where.hostname, where.port, context=context, timeout=_TIMEOUT_S
    )
    try:
        link.request("GET", f"/pillar/{quote(minion_id, safe='')}")
        answer = link.getresponse()
        body = answer.read()
    finally:
        link.close()
    if answer.status != http.client.OK:
        raise PillarError(f"{url} gives no pillar for {minion_id}: HTTP {answer.status}")
    return read(minion_id, body)


def read(minion_id: str, body: bytes) -> dict[str, Any]:
    """The pillar in an answer. Raises PillarError when it is not this kiosk's."""
    given = json.loads(body)
    ours = given.get("vigie") if isinstance(given, dict) else None
    if not isinstance(ours, dict) or ours.get("kiosk") != minion_id:
        raise PillarError(f"the pillar given for {minion_id} is not its own")
    return {"vigie": ours}
