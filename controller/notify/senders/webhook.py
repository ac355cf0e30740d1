"""A signed JSON document by HTTP, as Standard Webhooks (https://www.standardwebhooks.com) has it.

`webhook-id` stays the same however often a message is tried: a receiver drops one it has seen.
`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>` with the
channel's secret; a receiver refuses what is older than some minutes. A secret that begins with
`whsec_` is a key in base64, as the standard writes it; any other is the key itself.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from controller.errors import Refused
from controller.notify.letters import Letter, Way
from controller.notify.senders import Field, Undelivered, checked, is_url
from controller.notify.senders.http import post

_IN_BASE64 = "whsec_"
_FIELDS = (Field("url", "", is_url, "an address that begins with https:// or http://"),)


def check(settings: Mapping[str, Any], *, has_secret: bool) -> dict[str, Any]:
    """See Sender."""
    complete = checked(settings, _FIELDS)
    if not has_secret:
        raise Refused("secret is empty, must be the key that the receiver verifies with")
    return complete


def check_address(address: str) -> None:
    """See Sender."""
    if address:
        raise Refused(f"address is {address[:100]!r}, must be empty: the channel's URL says it all")


def send(way: Way, letter: Letter) -> str:
    """See Sender."""
    body = msgspec.json.encode(
        {
            "type": f"vigie.{letter.kind}",
            "timestamp": letter.at.isoformat(),
            "data": {
                "title": letter.title,
                "text": letter.text,
                "alerts": [subject.as_dict() for subject in letter.subjects],
            },
        }
    )
    # The moment of this try: a receiver refuses old signatures, and a try may come hours later.
    timestamp = str(int(datetime.now(UTC).timestamp()))
    return post(
        way.settings["url"],
        body,
        {
            "webhook-id": letter.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(way.secret, letter.id, timestamp, body),
        },
    )


def signature(secret: str, message: str, timestamp: str, body: bytes) -> str:
    """As the header has it. Raises Undelivered for a secret that cannot be a key.

    >>> signature("key", "m1", "1700000000", b"{}")
    'v1,n4G0JeWsADKachD9DYkYICH9XWz9wh4c+ftKZ6L+sn0='
    """
    signed = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    if not secret.startswith(_IN_BASE64):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_IN_BASE64), validate=True)
    except ValueError as err:
        text = f"what follows {_IN_BASE64} in the secret is not base64: enter it anew"
        raise Undelivered(text) from err
