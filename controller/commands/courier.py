"""The worker's connection to the broker: carries commands, brings back its receipts."""

import logging
import ssl
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract import messages, topics
from contract.topics import Channel
from controller.commands.models import Command

_log = logging.getLogger("vigie.worker")

NAME = "vigie-worker"
#: How long the broker keeps our half-sent messages while we are away: as long as any command lives.
SESSION_EXPIRY_S = 7 * 86_400
_NO_MATCHING_SUBSCRIBERS = 0x10  # MQTT 5.0, 3.4.2.1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A broker, and the files of the identity to meet it with."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the broker did with a command; `problem` is empty when it keeps it for the kiosk."""

    command: UUID
    problem: str = ""


class Courier:
    """One client of the broker in a thread of its own; all else is called from the worker's."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._answers: SimpleQueue[tuple[int, ReasonCode]] = SimpleQueue()
        self._news = threading.Event()
        self._under_way: dict[int, UUID] = {}
        self._complaint = ""
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=NAME, protocol=mqtt.MQTTv5
        )
        self._client.tls_set_context(_context(endpoint))
        self._client.reconnect_delay_set(min_delay=1, max_delay=30)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._failed
        self._client.on_disconnect = self._disconnected
        self._client.on_publish = self._published

    def start(self) -> None:
        """Connect, and stay connected until `stop`, whatever the broker and the network do."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        self._client.connect_async(
            self._endpoint.host,
            self._endpoint.port,
            keepalive=30,
            clean_start=False,
            properties=properties,
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Close the connection and end the thread."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there now."""
        return self._client.is_connected()

    @property
    def under_way(self) -> frozenset[UUID]:
        """Commands handed over whose receipt has not come."""
        return frozenset(self._under_way.values())

    def send(self, command: Command, now: datetime) -> None:
        """Hand a command to the broker, which keeps it for an absent kiosk until it expires."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        left_s = (command.expires_at - now).total_seconds()
        properties.MessageExpiryInterval = max(1, round(left_s))
        payload = messages.encode(
            messages.Command(
                id=str(command.pk),
                name=command.name,
                args=command.args,
                issued_at=command.issued_at,
                expires_at=command.expires_at,
                is_forced=command.is_forced,
            )
        )
        topic = topics.build(command.kiosk_id, Channel.COMMAND)
        sent = self._client.publish(topic, payload, qos=1, properties=properties)
        self._under_way[sent.mid] = command.pk

    def wait(self, seconds: float) -> None:
        """Until a receipt comes, at most so long."""
        self._news.wait(seconds)
        self._news.clear()

    def receipts(self) -> list[Receipt]:
        """What the broker has said since the last call."""
        found: list[Receipt] = []
        while True:
            try:
                mid, code = self._answers.get_nowait()
            except Empty:
                return found
            if (command := self._under_way.pop(mid, None)) is not None:
                found.append(Receipt(command, _problem(code)))

    def _published(self, _client: Any, _userdata: Any, mid: int, code: ReasonCode, _: Any) -> None:
        self._answers.put((mid, code))
        self._news.set()

    def _connected(
        self, _client: Any, _userdata: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        if code.is_failure:
            self._complain(f"broker refuses {NAME}: {code}; trying on")
            return
        self._complaint = ""
        _log.info("connected to the broker at %s:%s", self._endpoint.host, self._endpoint.port)

    def _failed(self, _client: Any, _userdata: Any) -> None:
        where = f"{self._endpoint.host}:{self._endpoint.port}"
        self._complain(f"broker {where} cannot be reached; commands wait, trying on")

    def _disconnected(
        self, _client: Any, _userdata: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        if code.is_failure:
            self._complain(f"the broker's connection was lost: {code}; trying on")

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            _log.warning(text)
            self._complaint = text


def _problem(code: ReasonCode) -> str:
    """Why a command is not with the broker; empty when it is.

    Mosquitto keeps nothing for a kiosk that never connected: it takes the message, says that nobody
    listens, and drops it.
    """
    if code.is_failure:
        return str(code)
    return "nobody listens" if code.value == _NO_MATCHING_SUBSCRIBERS else ""


def _context(endpoint: Endpoint) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(endpoint.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(endpoint.certificate, endpoint.key)
    return context
