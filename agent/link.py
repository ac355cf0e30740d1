"""The connection to the broker: TLS, presence, reconnecting. It keeps nothing: the outbox does.

Each connection gets a client of its own, so that nothing stale is sent twice. Connecting blocks
(DNS, TCP, TLS), so it happens in a thread that lives no longer; all else happens in the loop's.
"""

import logging
import os
import ssl
import threading
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent import causes, quality
from agent.backoff import Backoff
from agent.config import Broker
from agent.loop import Loop, Timer
from agent.parting import Parting
from agent.probe import LinkQuality
from contract.messages import MAX_BYTES, Presence, encode
from contract.topics import TO_KIOSK, Channel, build, parse

log = logging.getLogger(__name__)

SESSION_EXPIRY_S = 30 * 24 * 3600
CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 15.0
FAREWELL_S = 2.0
RECEIVE_MAXIMUM = 10
#: So many connections in a row that did not hold are somebody else's doing.
CLONE_ATTEMPTS = 3

#: Makes the presence of one session: session, is_online, reason.
MakePresence = Callable[[str, bool, str], Presence]


class Listener(Struct, frozen=True):
    """Who is told what happens. `message` gets the seconds the broker would still have kept it."""

    up: Callable[[], None]
    message: Callable[[Channel, bytes, int | None], None]


class Link:
    """One kiosk's line to the broker. All methods belong to the loop's thread."""

    def __init__(
        self, broker: Broker, kiosk: str, loop: Loop, presence: MakePresence, listener: Listener
    ) -> None:
        self._broker, self._kiosk, self._loop = broker, kiosk, loop
        self._presence, self._listener = presence, listener
        self._backoff = Backoff()
        self._client: Client | None = None
        self._session = ""
        self._up_since: float | None = None
        self._is_wanted = False
        self._trouble: str | None = None  # as last said
        self._cause: str | None = None  # of the loss to come
        self._timer: Timer | None = None
        self._farewell: int | None = None  # mid of the last presence
        self._is_said = False  # the broker has that farewell
        self._parting: Parting | None = None
        self._left: Callable[[], None] | None = None

    @property
    def is_up(self) -> bool:
        """Whether the broker has let us in."""
        return self._up_since is not None

    @property
    def trouble(self) -> str | None:
        """Why there is no connection; None while there is."""
        return self._trouble

    def open(self) -> None:
        """Connect, and stay connected from now on."""
        self._is_wanted = True
        self._connect()

    def close(self, reason: str, left: Callable[[], None]) -> None:
        """Say goodbye and stay away; `left` is called once that is done, or taking too long."""
        self._is_wanted = False
        self._left = left
        if self._client is None or not self.is_up:
            self._end(None)
            return
        # A normal DISCONNECT discards the will (MQTT 5.0, 3.14.4): our own word replaces it.
        self._farewell = self._say_presence(self._client, is_online=False, reason=reason)
        self._arm(FAREWELL_S, lambda: self._end(None))

    def reconnect(self, away: Callable[[], None]) -> None:
        """Leave and come back, with the certificate that is there now; `away` is called between."""

        def left() -> None:
            away()
            self.open()

        self.close("renewing", left)

    def publish(self, channel: Channel, payload: bytes, *, retain: bool = False) -> bool:
        """Hand a message to the broker with QoS 1; False when there is no connection."""
        if self._client is None or not self.is_up or self._farewell is not None:
            return False
        self._client.publish(build(self._kiosk, channel), payload, qos=1, retain=retain)
        self._watch()
        return True

    def tick(self) -> None:
        """Keep alive. To be called several times within a keepalive period."""
        if self._client is not None and self.is_up:
            self._client.loop_misc()
            self._watch()

    def quality(self) -> LinkQuality | None:
        """The line as the kernel sees it; None when not connected."""
        sock = self._client.socket() if self._client is not None and self.is_up else None
        return quality.measure(sock) if isinstance(sock, ssl.SSLSocket) else None

    # Connecting

    def _connect(self) -> None:
        self._end_timer()
        self._session = os.urandom(8).hex()
        self._cause = None
        log.debug("connecting to %s:%d", self._broker.host, self._broker.port)
        client = self._client = self._make_client()
        threading.Thread(
            target=self._connect_blocking, args=(client,), name="connect", daemon=True
        ).start()

    def _connect_blocking(self, client: Client) -> None:
        try:
            client.tls_set_context(tls_context(self._broker))
            client.connect(
                self._broker.host,
                self._broker.port,
                self._broker.keepalive_s,
                clean_start=False,  # or the broker would forget what was sent while we were away
                properties=_connect_properties(),
            )
        except (OSError, ValueError) as err:
            failure = err  # `err` ends with this block, the loop reads it later
            self._loop.post(lambda: self._failed(client, failure))
        else:
            self._loop.post(lambda: self._opened(client))

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._kiosk,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_log = self._on_log
        client.on_socket_close = self._on_socket_close
        # Without this callback paho would write by itself, from whichever thread.
        client.on_socket_register_write = lambda *_: None
        will = self._presence(self._session, False, "lost")
        topic = build(self._kiosk, Channel.PRESENCE)
        properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        properties.WillDelayInterval = self._broker.will_delay_s
        client.will_set(topic, encode(will), qos=1, retain=True, properties=properties)
        return client

    def _failed(self, client: Client, error: Exception) -> None:
        if client is self._client:
            self._end(causes.explain(error, self._broker.host, self._broker.port))

    def _opened(self, client: Client) -> None:
        sock = client.socket()
        if client is not self._client or not self._is_wanted:
            if sock is not None:
                sock.close()
            return
        where = f"{self._broker.host}:{self._broker.port}"
        self._arm(ANSWER_TIMEOUT_S, lambda: self._end(f"{where} accepts TLS but answers no MQTT"))
        self._watch()

    # Reading and writing

    def _watch(self) -> None:
        """Follow the socket as it now is: readable, writable or gone."""
        if self._client is None:
            return
        sock = self._client.socket()
        if sock is None and self._parting is None:
            self._end(self._cause or self._hung_up())
        elif sock is not None:
            wants_write = self._client.want_write()
            self._loop.watch(sock.fileno(), self._ready, wants_write=wants_write)

    def _ready(self) -> None:
        client = self._client
        if client is None:
            return
        client.loop_read()
        # TLS reads whole records: what it holds back never wakes the selector.
        while isinstance(sock := client.socket(), ssl.SSLSocket) and sock.pending():
            client.loop_read()
        if client.socket() is not None and client.want_write():
            client.loop_write()
        self._watch()

    def _hung_up(self) -> str:
        where = f"{self._broker.host}:{self._broker.port}"
        # Mosquitto 2.0 ends a session that is taken over without a word.
        if self.is_up and self._backoff.attempts >= CLONE_ATTEMPTS:
            return f"{where} {causes.CLONE}"
        return f"{where} hung up"

    def _end(self, cause: str | None) -> None:
        """Drop the connection, or the attempt at one; then try again, or be done."""
        client, self._client = self._client, None
        if self._up_since is not None:
            self._backoff.held(self._loop.now() - self._up_since)
        self._up_since = self._farewell = None
        self._is_said = False
        if self._parting is not None:
            self._parting.close()
            self._parting = None
        self._end_timer()
        if client is not None and (sock := client.socket()) is not None:
            self._loop.forget(sock.fileno())
            sock.close()
        if cause is not None and self._is_wanted:
            self._say(cause)
        if self._is_wanted:
            self._timer = self._loop.later(self._backoff.next_s(), self._connect)
        elif (left := self._left) is not None:
            self._left = None
            left()

    def _say(self, cause: str) -> None:
        if cause != self._trouble:
            log.warning("no connection: %s; trying again, keeping what there is to say", cause)
        self._trouble = cause

    def _arm(self, delay_s: float, action: Callable[[], None]) -> None:
        self._end_timer()
        self._timer = self._loop.later(delay_s, action)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _say_presence(self, client: Client, *, is_online: bool, reason: str) -> int:
        payload = encode(self._presence(self._session, is_online, reason))
        info = client.publish(build(self._kiosk, Channel.PRESENCE), payload, qos=1, retain=True)
        self._watch()
        return info.mid

    # What paho calls, inside loop_read and loop_write

    def _on_connect(self, client: Client, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if reason.is_failure:
            self._cause = causes.explain_refusal(str(reason))
            return
        self._end_timer()
        self._up_since = self._loop.now()
        log.info("connected to %s:%d", self._broker.host, self._broker.port)
        self._trouble = None
        self._say_presence(client, is_online=True, reason="connected")
        client.subscribe([(build(self._kiosk, channel), 1) for channel in TO_KIOSK])
        self._listener.up()

    def _on_disconnect(self, _: Client, __: Any, flags: Any, reason: Any, ___: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._cause = causes.explain_refusal(str(reason))
        elif str(reason) == "Keep alive timeout":
            self._cause = f"{self._broker.host} no longer answers: check the line"

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        left_s = getattr(message.properties, "MessageExpiryInterval", None)
        self._listener.message(parse(message.topic).channel, bytes(message.payload), left_s)

    def _on_publish(self, client: Client, _: Any, mid: int, reason: Any, __: Any) -> None:
        if reason.is_failure:
            log.error("the broker refuses what this kiosk says: %s; check its ACL", reason)
        if mid == self._farewell:
            self._is_said = True
            client.disconnect()

    def _on_log(self, _: Client, __: Any, level: int, text: str) -> None:
        if level == LogLevel.MQTT_LOG_ERR and self._cause is None:
            self._cause = causes.explain_text(text)

    def _on_socket_close(self, _: Client, __: Any, sock: Any) -> None:
        self._loop.forget(sock.fileno())
        if self._is_said:
            self._parting = Parting(self._loop, sock.fileno(), lambda: self._end(None))


def tls_context(broker: Broker) -> ssl.SSLContext:
    """TLS 1.3, both sides proven by our own authority only. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cafile=broker.ca)
    context.load_cert_chain(broker.certificate, broker.key)
    return context


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_EXPIRY_S
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAX_BYTES + 1024
    return properties
