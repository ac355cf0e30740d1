"""Edits that lose nobody's: what was read bears an ETag, and If-Match asks that it be so still."""

import hashlib
import json
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from ninja.params.functions import Header

from controller.api.failures import Outdated

Match = Header(
    None,
    alias="If-Match",
    max_length=200,
    description="the ETag of what was read: 412 when somebody has changed it since",
)


def etag(shown: Any) -> str:
    """Of one thing as the API shows it.

    >>> etag({"key": "a"}) == etag({"key": "a"}), etag({"key": "a"}) == etag({"key": "b"})
    (True, False)
    """
    text = json.dumps(shown, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def stamped(response: HttpResponse, shown: dict[str, Any]) -> dict[str, Any]:
    """The same, its ETag in the answer."""
    response.headers["ETag"] = etag(shown)
    return shown


def require(match: str | None, shown: dict[str, Any] | None, name: str) -> None:
    """Raises Outdated unless what is there (None: nothing) is what the caller read."""
    if match is None or (match.strip() == "*" and shown is not None):
        return
    asked = [each.strip().removeprefix("W/") for each in match.split(",")]
    if shown is None or etag(shown) not in asked:
        text = gettext("%(name)s has been changed since you read it: read it again")
        raise Outdated(text % {"name": name})
