"""Whatever Apprise (https://github.com/caronc/apprise) reaches: SMS, Matrix, ntfy, ...

The channel's secret is Apprise's URL, which holds tokens and passwords, so it is told nowhere:
Apprise's own log lines are kept out of ours.
"""

import logging
import re
import threading
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
    told = _Told()
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.addHandler(told)
    try:
        reached = _target(way.secret)
        is_taken = reached.notify(
            title=letter.title,
            body=letter.text,
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=_TYPES.get(letter.kind, apprise.NotifyType.WARNING),
        )
    except TypeError as err:
        raise Undelivered("Apprise does not understand the channel's URL", is_final=True) from err
    finally:
        logger.removeHandler(told)
    if not is_taken:
        raise Undelivered(told.last(way.secret) or "Apprise could not deliver it")
    return "taken"


def _target(url: str) -> apprise.Apprise:
    """Raises TypeError for a URL that it does not know."""
    separator = "&" if "?" in url else "?"
    limits = f"{separator}rto={LIMIT_S / 2:g}&cto={LIMIT_S / 2:g}"
    # Not by threads of Apprise's own: what it complains of is told from others' by the thread.
    target = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
    if not target.add(url + limits):
        raise TypeError
    return target


class _Told(logging.Handler):
    """The last complaint of this thread, to be shown in place of a bare no.

    Other channels of this kind send from threads of their own: their lines hold their secrets.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if record.thread == self._thread:
            self._lines.append(record.getMessage())

    def last(self, url: str) -> str:
        """Without any part of the URL that may be secret."""
        line = self._lines[-1] if self._lines else ""
        parts = [part for part in re.split(r"[/?@:&=]+", url)[1:] if part]
        for part in sorted({*parts, *map(unquote, parts)}, key=len, reverse=True):
            line = line.replace(part, "...")
        return line[:300]
