"""Where things are said: `vigie/1/<kiosk>/<channel>`. `build` and `parse` are inverses."""

import re
from enum import StrEnum
from typing import NamedTuple

from contract import VERSION
from contract.errors import TopicError

#: Lower-case letters, digits, inner hyphens, at most 63: fit for a host name and a certificate.
KIOSK_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"

#: Names of the controller's own processes on the broker start so; no kiosk may.
RESERVED_PREFIX = "vigie-"


class Channel(StrEnum):
    """The last level of a topic. Kiosks write the first four, the controller the last two."""

    PRESENCE = "presence"
    INVENTORY = "inventory"
    REPORT = "report"
    OUTCOME = "outcome"
    COMMAND = "command"
    ACK = "ack"


FROM_KIOSK = (Channel.PRESENCE, Channel.INVENTORY, Channel.REPORT, Channel.OUTCOME)
TO_KIOSK = (Channel.COMMAND, Channel.ACK)


class Topic(NamedTuple):
    """One kiosk's channel."""

    kiosk: str
    channel: Channel


_KIOSK = re.compile(KIOSK_PATTERN)
_PREFIX = f"vigie/{VERSION}/"
_CHANNELS = {str(channel): channel for channel in Channel}


def is_kiosk_id(text: str) -> bool:
    """Whether `text` may name a kiosk.

    >>> is_kiosk_id("pvp-63003-1"), is_kiosk_id("Ambert/1"), is_kiosk_id("vigie-ingest")
    (True, False, False)
    """
    return bool(_KIOSK.fullmatch(text)) and not text.startswith(RESERVED_PREFIX)


def build(kiosk: str, channel: Channel) -> str:
    """The topic of a kiosk's channel.

    >>> build("pvp-63003-1", Channel.REPORT)
    'vigie/1/pvp-63003-1/report'

    Raises TopicError when `kiosk` is not a kiosk id.
    """
    if not is_kiosk_id(kiosk):
        raise TopicError(f"kiosk id is {kiosk!r}, must match {KIOSK_PATTERN}")
    return f"{_PREFIX}{kiosk}/{channel}"


def parse(topic: str) -> Topic:
    """The kiosk and channel of a topic.

    >>> parse("vigie/1/pvp-63003-1/report")
    Topic(kiosk='pvp-63003-1', channel=<Channel.REPORT: 'report'>)

    Raises TopicError for any other topic.
    """
    kiosk, _, name = topic.removeprefix(_PREFIX).partition("/")
    channel = _CHANNELS.get(name)
    if not topic.startswith(_PREFIX) or channel is None or not is_kiosk_id(kiosk):
        raise TopicError(f"topic is {topic[:200]!r}, must be {_PREFIX}<kiosk>/<channel>")
    return Topic(kiosk, channel)


def subscription(channel: Channel, group: str | None = None) -> str:
    """The filter that hears one channel of every kiosk, shared in `group` where one is given.

    >>> subscription(Channel.REPORT, "ingest")
    '$share/ingest/vigie/1/+/report'
    """
    pattern = f"{_PREFIX}+/{channel}"
    return f"$share/{group}/{pattern}" if group else pattern
