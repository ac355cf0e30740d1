"""From packets to messages: what can be read is Heard, what cannot is Unreadable. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from contract import messages, topics
from contract.errors import ContractError
from contract.messages import Epoch, Message, Seq
from contract.topics import FROM_KIOSK, Topic
from controller.ingest.reader import Arrival

#: How much of an unreadable message is kept to be looked at.
KEPT_BYTES = 4096


#: Linux tells no time before the first; a dead clock may tell any year in between.
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


class Place(msgspec.Struct, frozen=True):
    """Where a durable message stands in its outbox, readable even when the rest is not."""

    epoch: Epoch
    seq: Seq
    floor: Seq = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """A good message of a kiosk."""

    kiosk: str
    channel: topics.Channel
    message: Message
    payload: bytes


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that breaks the contract. With `kiosk` and `place` it counts as dealt with."""

    topic: str
    payload: bytes
    error: str
    kiosk: str = ""
    place: Place | None = None


_PLACE = msgspec.json.Decoder(Place)


def read(arrivals: Iterable[Arrival]) -> tuple[list[Heard], list[Unreadable]]:
    """Decode and check each arrival, in order."""
    heard: list[Heard] = []
    unreadable: list[Unreadable] = []
    known: dict[bytes, Topic] = {}
    for arrival in arrivals:
        try:
            topic = known.get(arrival.topic)
            if topic is None:
                topic = known[arrival.topic] = _topic(arrival.topic)
            message = messages.decode(topic.channel, arrival.payload)
            _check_time(message)
        except ContractError as err:
            unreadable.append(_unreadable(arrival, known.get(arrival.topic), str(err)))
        else:
            heard.append(Heard(topic.kiosk, topic.channel, message, arrival.payload))
    return heard, unreadable


def _check_time(message: Message) -> None:
    """Refuse a time that some time zone, or PostgreSQL's driver, cannot show."""
    at = getattr(message, "at", None)
    if at is not None and not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ContractError(f"at is in {at.year}, must be from {_FIRST_YEAR} to {_LAST_YEAR}")


def refuse(item: Heard, error: str) -> Unreadable:
    """A message that was good to read, and that the database would not take."""
    raw = topics.build(item.kiosk, item.channel).encode()
    return _unreadable(Arrival(raw, item.payload, 0), Topic(item.kiosk, item.channel), error)


def _topic(raw: bytes) -> Topic:
    topic = topics.parse(raw.decode("utf-8", "replace"))
    if topic.channel not in FROM_KIOSK:
        raise ContractError(f"channel is {topic.channel}, which kiosks do not write")
    return topic


def _unreadable(arrival: Arrival, topic: Topic | None, error: str) -> Unreadable:
    place = None
    if topic is not None:
        try:
            place = _PLACE.decode(arrival.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            place = None
    return Unreadable(
        topic=arrival.topic.decode("utf-8", "replace")[:300],
        payload=arrival.payload[:KEPT_BYTES],
        error=error[:1000],
        kiosk=topic.kiosk if topic else "",
        place=place,
    )
