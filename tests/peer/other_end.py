"""The other end, small: hears every kiosk, says what it has committed, gives orders."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.health import DeviceState
from contract.messages import (
    Ack,
    Command,
    Durable,
    Message,
    Outcome,
    Presence,
    Report,
    decode,
    encode,
)
from contract.topics import Channel, build, parse
from tests.peer.authority import Credentials
from tests.peer.broker import CONTROLLER, Broker

WAIT_S = 20.0


class OtherEnd:
    """Connects to `broker` as the controller. Messages are kept in the order they came."""

    def __init__(self, broker: Broker, credentials: Credentials | None = None) -> None:
        own = credentials or broker.authority.issue(CONTROLLER)
        self.is_acknowledging = True
        self.heard: list[tuple[Channel, Message]] = []
        self._seen: dict[str, set[int]] = {}
        self._floor: dict[str, int] = {}
        self._change = threading.Condition()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=CONTROLLER,
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        self._client.tls_set(str(own.ca), str(own.certificate), str(own.key))
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe("vigie/1/+/#", qos=1)
        self._is_subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._is_subscribed.set()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker.port, 60, clean_start=False, properties=properties)
        self._client.loop_start()
        if not self._is_subscribed.wait(WAIT_S):
            raise AssertionError(f"no subscription within {WAIT_S} s")

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def order(self, kiosk: str, name: str, expires_in_s: int = 60, **args: Any) -> Command:
        """Give an order to a kiosk."""
        now = datetime.now(UTC)
        command = Command(
            id=str(uuid.uuid4()),
            name=name,
            args=args,
            issued_at=now,
            expires_at=now + timedelta(seconds=expires_in_s),
        )
        self.deliver(kiosk, command, expires_in_s)
        return command

    def late_order(self, kiosk: str, name: str) -> Command:
        """An order whose time is up, from a broker that does not count."""
        now = datetime.now(UTC)
        issued_at, expires_at = now - timedelta(hours=2), now - timedelta(hours=1)
        command = Command(
            id=str(uuid.uuid4()), name=name, issued_at=issued_at, expires_at=expires_at
        )
        self.deliver(kiosk, command, None)
        return command

    def deliver(self, kiosk: str, command: Command, expires_in_s: int | None) -> None:
        """Send an order, maybe not for the first time."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if expires_in_s is not None:
            properties.MessageExpiryInterval = expires_in_s
        topic = build(kiosk, Channel.COMMAND)
        self._client.publish(topic, encode(command), qos=1, properties=properties)

    def acknowledge(self, kiosk: str, epoch: str) -> None:
        """Say up to where all of an epoch was heard."""
        ack = Ack(epoch, self.committed(epoch))
        self._client.publish(build(kiosk, Channel.ACK), encode(ack), qos=1)

    def committed(self, epoch: str) -> int:
        """The highest seq below which nothing can still come."""
        seq = self._floor.get(epoch, 1) - 1
        while seq + 1 in self._seen.get(epoch, ()):
            seq += 1
        return seq

    def wait(self, met: Callable[["OtherEnd"], Any], timeout_s: float = WAIT_S) -> Any:
        """Until `met` is true of what was heard; answers what it answered."""
        limit = time.monotonic() + timeout_s
        with self._change:
            while not (found := met(self)):
                left_s = limit - time.monotonic()
                if left_s <= 0:
                    raise AssertionError(f"not within {timeout_s} s; heard {self.heard}")
                self._change.wait(left_s)
        return found

    def presences(self) -> list[Presence]:
        """Every presence heard."""
        return [message for _, message in self.heard if isinstance(message, Presence)]

    def reports(self) -> list[Report]:
        """Every report heard, those heard twice included."""
        return [message for _, message in self.heard if isinstance(message, Report)]

    def said(
        self, device: str, health: str, reasons: tuple[str, ...] | None = None
    ) -> DeviceState | None:
        """The first word that a device was of this health, and of these very reasons if given."""
        every = (state for report in self.reports() for state in report.devices)
        return next(
            (
                one
                for one in every
                if (one.id, one.health) == (device, health) and reasons in (None, one.reasons)
            ),
            None,
        )

    def outcomes(self, command: Command) -> list[Outcome]:
        """What was said of one command, each once."""
        found = {
            (message.epoch, message.seq): message
            for _, message in self.heard
            if isinstance(message, Outcome) and message.command == command.id
        }
        return list(found.values())

    def _on_message(self, _: Client, __: Any, received: MQTTMessage) -> None:
        topic = parse(received.topic)
        if topic.channel in (Channel.COMMAND, Channel.ACK):
            return
        message = decode(topic.channel, bytes(received.payload))
        with self._change:
            self.heard.append((topic.channel, message))
            if isinstance(message, Durable):
                self._seen.setdefault(message.epoch, set()).add(message.seq)
                floor = max(message.floor, self._floor.get(message.epoch, 1))
                self._floor[message.epoch] = floor
                if self.is_acknowledging:
                    self.acknowledge(topic.kiosk, message.epoch)
            self._change.notify_all()
