"""One connection of one simulated kiosk: paho, driven by the fleet's single loop.

A new connection is a new paho client. What the old one had still to say is the outbox's to repeat;
paho would do it as well, and a late `rebooting` would then follow the new birth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.loop import Loop
from contract.messages import Message, Presence, encode
from contract.topics import FROM_KIOSK, TO_KIOSK, Channel, build
from simulator.identity import KioskContext

CONNECT_TIMEOUT_S = 20.0
_GOODBYE_S = 2.0
_SESSION_EXPIRY_S = 30 * 86400
_RETAINED = frozenset({Channel.PRESENCE, Channel.INVENTORY})


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to connect, and how. `will_delay_s` hides a line that flaps."""

    host: str
    port: int
    keepalive_s: int = 60
    will_delay_s: int = 5


@dataclass(frozen=True, slots=True)
class Events:
    """What a link tells its kiosk, in the loop's thread. `down` is told once, with the cause."""

    up: Callable[[], None]
    down: Callable[[str], None]
    heard: Callable[[Channel, bytes], None]
    reached: Callable[[int], None]  # the broker has that mid


class Link:
    """Opened by any thread with `dial`, then owned by the loop from `adopt` on."""

    def __init__(self, kiosk: str, broker: Broker, context: KioskContext, will: Message) -> None:
        self._topics = {channel: build(kiosk, channel) for channel in (*FROM_KIOSK, *TO_KIOSK)}
        self._channels = {self._topics[channel]: channel for channel in TO_KIOSK}
        self._broker = broker
        client = mqtt.Client(CallbackAPIVersion.VERSION2, kiosk, protocol=mqtt.MQTTv5)
        client.tls_set_context(context)  # type: ignore[arg-type] # has the names paho uses
        client.connect_timeout = CONNECT_TIMEOUT_S
        properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        properties.WillDelayInterval = broker.will_delay_s
        client.will_set(
            self._topics[Channel.PRESENCE], encode(will), qos=1, retain=True, properties=properties
        )
        self._client = client
        self._forget: Callable[[], None] = lambda: None

    def dial(self) -> None:
        """Connect, shake hands and send CONNECT. Blocks; raises OSError, ssl errors included."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        self._client.connect(
            self._broker.host,
            self._broker.port,
            keepalive=self._broker.keepalive_s,
            clean_start=False,
            properties=properties,
        )

    def adopt(self, loop: Loop, events: Events) -> None:
        """From here on the loop drives the connection."""
        client = self._client
        sock = client.socket()
        if sock is None:
            events.down("the broker hung up")
            return
        fd = sock.fileno()
        ready = self._ready
        self._forget = lambda: loop.forget(fd)

        def want(is_wanted: bool) -> Callable[..., None]:
            return lambda *_: loop.watch(fd, ready, wants_write=is_wanted)

        client.on_socket_register_write = want(True)
        client.on_socket_unregister_write = want(False)
        client.on_socket_close = lambda *_: self._let_go()
        client.on_connect = self._on_connect(events)
        client.on_disconnect = lambda _c, _u, _flags, reason, _p: events.down(str(reason))
        client.on_message = lambda _c, _u, message: self._on_message(events, message)
        client.on_publish = lambda _c, _u, mid, _reason, _p: events.reached(mid)
        loop.watch(fd, ready, wants_write=client.want_write())

    @property
    def is_open(self) -> bool:
        """Whether there is a socket still."""
        sock = self._client.socket()
        return sock is not None and sock.fileno() >= 0

    def say(self, channel: Channel, message: Message) -> int:
        """Publish at QoS 1, presence and inventory retained; answers paho's message id."""
        return self._client.publish(
            self._topics[channel], encode(message), qos=1, retain=channel in _RETAINED
        ).mid

    def keep_alive(self) -> None:
        """Ping when it is time; notice a broker that no longer answers."""
        self._client.loop_misc()

    def leave(self, loop: Loop, farewell: Presence) -> None:
        """Say goodbye properly, so that the broker drops the will.

        DISCONNECT waits for the farewell's PUBACK: closing a socket with unread bytes in it resets
        the connection, and the broker then loses what it had not read.
        """
        mid = self.say(Channel.PRESENCE, farewell)

        def reached(client: mqtt.Client, _u: Any, said: int, *_rest: Any) -> None:
            if said == mid:
                client.disconnect()

        self._client.on_publish = reached
        loop.later(_GOODBYE_S, self.cut)

    def cut(self) -> None:
        """Vanish without a word, as when the line or the mains fail: the will speaks."""
        sock = self._client.socket()
        if sock is not None:
            self._client.on_disconnect = None
            self._let_go()
            sock.close()

    def _let_go(self) -> None:
        """Once only: the descriptor's number may soon be another link's."""
        forget, self._forget = self._forget, lambda: None
        forget()

    def _ready(self) -> None:
        """The socket can be read or written."""
        client = self._client
        while client.loop_read() == mqtt.MQTT_ERR_SUCCESS:
            sock: Any = client.socket()
            if sock is None or not sock.pending():  # TLS may hold more than the selector sees
                break
        if client.want_write():
            client.loop_write()

    def _on_connect(self, events: Events) -> Callable[..., None]:
        def connected(client: mqtt.Client, _u: Any, _flags: Any, reason: Any, _p: Any) -> None:
            if reason.is_failure:
                return  # paho hangs up, and says why by on_disconnect
            client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._channels])
            events.up()

        return connected

    def _on_message(self, events: Events, message: mqtt.MQTTMessage) -> None:
        channel = self._channels.get(message.topic)
        if channel is not None:
            events.heard(channel, bytes(message.payload))
