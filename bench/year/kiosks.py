"""All kiosks of the year on one connection to the real broker, each message kept until it is known
to be committed, as an outbox does."""

import ssl
import time
from collections.abc import Callable, Sequence

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench.year.play import channel_of
from bench.year.strokes import Stroke
from contract.messages import Ack, Durable, Presence, decode, encode
from contract.topics import Channel, build, parse, subscription

NAME = "vigie-year"
_AGAIN_S = 2.0
_PATIENCE_S = 120.0
_KEPT_S = 7 * 86_400
_RETAINED = (Channel.PRESENCE, Channel.INVENTORY)

#: The kiosks whose presence, as (kiosk, session, is_online), the database does not have yet.
Missing = Callable[[Sequence[tuple[str, str, bool]]], Sequence[tuple[str, str, bool]]]


class Kiosks:
    """Says strokes until they are committed. Raises TimeoutError when they never are."""

    def __init__(self, port: int, context: ssl.SSLContext, missing: Missing) -> None:
        self._missing = missing
        self._committed: dict[tuple[str, str], int] = {}
        self._presence: dict[str, bytes] = {}
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=NAME, protocol=MQTTProtocolVersion.MQTTv5
        )
        client.tls_set_context(context)
        client.on_connect = lambda *_: self._connected()
        client.on_message = lambda _client, _data, message: self._heard(message)
        client.reconnect_delay_set(1, 1)
        client.max_inflight_messages_set(1000)
        keep = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        keep.SessionExpiryInterval = _KEPT_S
        client.connect_async("localhost", port, keepalive=60, clean_start=False, properties=keep)
        client.loop_start()
        self._client = client

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, group: Sequence[Stroke]) -> None:
        """Returns when the controller has committed all of it."""
        end = time.monotonic() + _PATIENCE_S
        left = [stroke for stroke in group if stroke.said is not None]
        while left:
            if time.monotonic() > end:
                raise TimeoutError(f"not committed within {_PATIENCE_S:.0f} s: {left[:3]}")
            for stroke in left:
                self._publish(stroke)
            again = time.monotonic() + _AGAIN_S
            while left and time.monotonic() < again:
                left = self._uncommitted(left)
                time.sleep(0.001)

    def _publish(self, stroke: Stroke) -> None:
        if stroke.said is None:
            return
        channel = channel_of(stroke.said)
        payload = encode(stroke.said)
        if isinstance(stroke.said, Presence):
            self._presence[stroke.kiosk] = payload
        self._client.publish(
            build(stroke.kiosk, channel), payload, qos=1, retain=channel in _RETAINED
        )

    def _uncommitted(self, group: Sequence[Stroke]) -> list[Stroke]:
        waiting = [
            stroke
            for stroke in group
            if isinstance(stroke.said, Durable)
            and self._committed.get((stroke.kiosk, stroke.said.epoch), 0) < stroke.said.seq
        ]
        if waiting:
            return [*waiting, *(one for one in group if isinstance(one.said, Presence))]
        # Of a kiosk's presences in one group only the last can be seen.
        last = {one.kiosk: one for one in group if isinstance(one.said, Presence)}
        wanted = {
            (one.kiosk, one.said.session, one.said.is_online): one
            for one in last.values()
            if isinstance(one.said, Presence)
        }
        return [wanted[key] for key in self._missing(list(wanted))] if wanted else []

    def _connected(self) -> None:
        """A broker that was killed may have forgotten who was there: kiosks say it anew."""
        self._client.subscribe(subscription(Channel.ACK), qos=0)
        for kiosk, payload in list(self._presence.items()):
            self._client.publish(build(kiosk, Channel.PRESENCE), payload, qos=1, retain=True)

    def _heard(self, message: MQTTMessage) -> None:
        ack = decode(Channel.ACK, bytes(message.payload))
        if isinstance(ack, Ack):
            key = (parse(message.topic).kiosk, ack.epoch)
            self._committed[key] = max(self._committed.get(key, 0), ack.seq)
