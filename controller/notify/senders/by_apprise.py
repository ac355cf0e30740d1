"""Whatever Apprise (https://github.com/caronc/apprise) reaches: SMS, Matrix, ntfy, ...

The channel's secret is Apprise's URL, which holds tokens and passwords, so it is told nowhere:
Apprise's own log lines are kept out of ours (settings.LOGGING), and a redirect, which would lead
them elsewhere, is followed only where the URL itself asks for it (`redirect=yes`).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import apprise

from controller.errors import Refused
from controller.notify.letters import Letter, Way
from controller.notify.senders import LIMIT_S, Undelivered, checked

_TYPES = {
    "resolved": apprise.NotifyType.SUCCESS,
    "test": apprise.NotifyType.INFO,
    "digest": apprise.NotifyType.INFO,
}


def check(settings: Mapping[str, Any], *, has_secret: bool) -> dict[str, Any]:
    """See Sender."""
    if not has_secret:
        raise Refused("secret is empty, must be an Apprise URL such as ntfys://ntfy.sh/my-topic")
    return checked(settings, ())


def check_address(address: str) -> None:
    """See Sender."""
    if address:
        raise Refused(f"address is {address[:100]!r}, must be empty: the channel's URL says it all")


def send(way: Way, letter: Letter) -> str:
    """See Sender."""
    try:
        target = _target(way.secret)
        result = target.notify(
            title=letter.title,
            body=letter.text,
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=_TYPES.get(letter.kind, apprise.NotifyType.WARNING),
        )
    except TypeError as err:
        raise Undelivered("Apprise does not understand the channel's URL", is_final=True) from err
    if not result:
        bad = [line.message for line in result.logs() if line.level in ("WARNING", "ERROR")]
        raise Undelivered(_hidden(bad[-1], way.secret) if bad else "Apprise could not deliver it")
    return "taken"


def _target(url: str) -> apprise.Apprise:
    """Raises TypeError for a URL that it does not know."""
    separator = "&" if "?" in url else "?"
    limits = f"{separator}rto={LIMIT_S / 2:g}&cto={LIMIT_S / 2:g}"
    target = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False))
    if not target.add(url + limits):
        raise TypeError
    return target


def _hidden(line: str, url: str) -> str:
    """Apprise's complaint without any part of the URL: each may be secret.

    >>> _hidden("no such topic: my-t0ken at example.org", "ntfys://example.org/my-t0ken")
    'no such topic: ... at ...'
    """
    parts = {part for part in re.split(r"[/?@:&=]+", url)[1:] if part}
    for part in sorted(parts | set(map(unquote, parts)), key=len, reverse=True):
        line = line.replace(part, "...")
    return line[:300]
