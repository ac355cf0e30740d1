"""What the master says as it happens: salt-api's stream of events, read for returns.

    tag: salt/job/20261201083000000000/ret/pvp-63003-1
    data: {"tag": "salt/job/...", "data": {"id": "pvp-63003-1", "jid": "2026...", "fun":
          "test.ping", "return": true, "retcode": 0, "success": true, "_stamp": ...}}

Each event is those two lines and an empty one.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controller.salt.port import Return

_TAG = re.compile(r"salt/job/(\d{20})/ret/([^/]+)")
_DATA = "data: "


def returns(lines: Iterable[str]) -> Iterator[Return]:
    """The returns among a stream's lines; other events and what is no event are passed over.

    >>> line = '''data: {"tag": "salt/job/20261201083000000000/ret/pvp-1", "data": {"fun":
    ... "test.ping", "return": true, "retcode": 0, "success": true}}'''
    >>> [heard] = returns(["tag: salt/job/20261201083000000000/ret/pvp-1", line, ""])
    >>> heard.kiosk, heard.function, heard.body
    ('pvp-1', 'test.ping', True)
    """
    for line in lines:
        if line.startswith(_DATA) and (heard := _read(line[len(_DATA) :])):
            yield heard


def told(jid: str, kiosk: str, function: str, given: Mapping[str, Any]) -> Return:
    """A return as Salt tells it. A minion that raised has no `success`, or no `retcode`."""
    retcode = given.get("retcode")
    has_succeeded = given.get("success")
    return Return(
        jid=jid,
        kiosk=kiosk,
        function=function,
        retcode=retcode if isinstance(retcode, int) else int(has_succeeded is False),
        has_succeeded=has_succeeded is True and not retcode,
        body=given.get("return"),
    )


def _read(text: str) -> Return | None:
    try:
        event = json.loads(text)
        tag, given = event["tag"], event["data"]
        found = _TAG.fullmatch(tag)
        return told(found[1], found[2], str(given["fun"]), given) if found else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
