"""The connection of one ingest process to the broker: TLS, a session that outlives it, one loop.

The loop has no timer on the way of a message: it reads what has arrived, hands it over,
acknowledges what was committed, and waits for more.
"""

import logging
import random
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from contract import topics
from contract.topics import Channel
from controller.ingest.reader import AnyClient, Arrival

log = logging.getLogger("vigie.ingest")

#: The broker keeps what comes for us this long while we are away.
SESSION_EXPIRY_S = 7 * 86400
#: How many messages one transaction may hold.
BATCH = 2000
_RETRY_CAP_S = 30.0

#: Commits a batch; gives what to publish once it is safe: (topic, payload) pairs.
Commit = Callable[[list[Arrival]], list[tuple[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A broker and the identity to meet it with."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path
    keepalive_s: int = 30


class Link:
    """One client of the broker, and the loop that serves it until `stop`."""

    def __init__(
        self,
        client: AnyClient,
        endpoint: Endpoint,
        commit: Commit,
        *,
        group: str | None = None,
        watch: Callable[[bool], None] = lambda _is_up: None,
    ) -> None:
        """`watch` is told several times a second whether the broker is there."""
        self._client = client
        self._endpoint = endpoint
        self.commit = commit
        self._group = group
        self._watch = watch
        self._is_stopping = False
        self._is_up = False
        self._complaint = ""
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_socket_open = _send_at_once
        client.tls_set_context(_context(endpoint))

    def stop(self) -> None:
        """End `run` after the batch in hand; what came later stays with the broker."""
        self._is_stopping = True

    def run(self) -> None:
        """Serve until `stop`. Failures of broker and network are said once and outlasted."""
        attempt = 0
        while not self._is_stopping:
            if self._connect():
                attempt = 0
                self._serve()
            if not self._is_stopping:
                attempt += 1
                self._pause(min(_RETRY_CAP_S, 0.25 * 2**attempt) * random.uniform(0.5, 1))  # noqa: S311
        if self._client.is_connected():
            self._client.disconnect()
            self._client.loop_write()

    def _connect(self) -> bool:
        self._client.inbox.clear()  # the broker sends again what was not acknowledged
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        try:
            self._client.connect(
                self._endpoint.host,
                self._endpoint.port,
                self._endpoint.keepalive_s,
                clean_start=False,
                properties=properties,
            )
        except OSError as err:
            where = f"{self._endpoint.host}:{self._endpoint.port}"
            self._complain(f"broker {where} cannot be reached: {err}; trying on")
            return False
        return True

    def _serve(self) -> None:
        client = self._client
        while not self._is_stopping:
            sock = client.socket()
            if sock is None:
                return
            has_more = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            writing = [sock] if client.want_write() else []
            ready, _, _ = select.select([sock], writing, [], 0 if has_more else 0.5)
            if writing:
                client.loop_write()
            if ready or has_more:
                client.loop_read()
            if client.inbox:
                self._hand_over()
            client.loop_misc()
            self._watch(self._is_up)

    def _hand_over(self) -> None:
        client = self._client
        batch, client.inbox = client.inbox[:BATCH], client.inbox[BATCH:]
        answers = self.commit(batch)
        client.acknowledge(batch)
        for topic, payload in answers:
            client.publish(topic, payload, qos=0)

    def keep_alive(self, pause_s: float) -> None:
        """Wait without reading, keeping the session: the database does not take a batch."""
        end = time.monotonic() + pause_s
        while not self._is_stopping and time.monotonic() < end:
            self._client.loop_misc()
            time.sleep(0.1)

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._is_stopping

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._is_stopping and time.monotonic() < end:
            self._watch(self._is_up)
            time.sleep(0.1)

    def _connected(self, _client: object, _userdata: object, _flags: object, code: ReasonCode,
                   _properties: object) -> None:  # fmt: skip
        if code.is_failure:
            self._complain(f"broker refuses this client: {code}; trying on")
            return
        self._is_up, self._complaint = True, ""
        log.info("connected to the broker at %s:%s", self._endpoint.host, self._endpoint.port)
        filters = [
            topics.subscription(Channel.PRESENCE),  # retained, which a shared one would not bring
            topics.subscription(Channel.INVENTORY),
            topics.subscription(Channel.REPORT, self._group),
            topics.subscription(Channel.OUTCOME, self._group),
        ]
        self._client.subscribe([(text, SubscribeOptions(qos=1)) for text in filters])

    def _disconnected(self, _client: object, _userdata: object, _flags: object, code: ReasonCode,
                      _properties: object) -> None:  # fmt: skip
        if self._is_up and not self._is_stopping:
            self._complain(f"the broker's connection was lost: {code}; trying on")
        self._is_up = False

    def _complain(self, text: str) -> None:
        """Say it once, not at every attempt."""
        if text != self._complaint:
            log.warning(text)
            self._complaint = text


def _send_at_once(_client: object, _userdata: object, sock: Any) -> None:
    """An acknowledgement must not wait for the one before it (Nagle)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _context(endpoint: Endpoint) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(endpoint.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(endpoint.certificate, endpoint.key)
    return context
