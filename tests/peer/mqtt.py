"""A client on the broker for tests: it says what it is told and keeps what it hears."""

import queue
import ssl
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.peer.region import Papers, wait_until

_PATIENCE_S = 10.0


def context(papers: Papers) -> ssl.SSLContext:
    """TLS as a kiosk speaks it."""
    made = ssl.create_default_context(cafile=str(papers.ca))
    made.load_cert_chain(str(papers.certificate), str(papers.key))
    return made


def own(pki: Path, name: str) -> Papers:
    """The papers of one of the controller's own processes."""
    return Papers(pki / f"{name}.pem", pki / f"{name}.key", pki / "ca.pem")


class Voice:
    """One MQTT 5 session, named as its certificate unless another client id is claimed."""

    def __init__(
        self, port: int, papers: Papers, *, client_id: str = "", keeps_session: bool = False
    ) -> None:
        name = client_id or papers.certificate.stem
        self.heard: deque[tuple[str, bytes]] = deque()
        self.is_ended = False
        self._port = port
        self._keeps_session = keeps_session
        self._connected: queue.Queue[str] = queue.Queue()
        self._published: dict[int, str] = {}
        self._subscribed: set[int] = set()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.tls_set_context(context(papers))
        self._client.on_connect = lambda _c, _d, _f, code, _p: self._connected.put(str(code))
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message
        self._client.on_publish = self._was_published
        self._client.on_subscribe = lambda _c, _d, mid, _codes, _p: self._subscribed.add(mid)

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def will(self, topic: str, payload: bytes, delay_s: int = 0) -> None:
        """The last will, retained; before connecting."""
        properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        properties.WillDelayInterval = delay_s
        self._client.will_set(topic, payload, qos=1, retain=True, properties=properties)

    def connect(self) -> None:
        """Connects; raises ssl.SSLError or OSError when it is not let in."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600 if self._keeps_session else 0
        self._client.connect(
            "localhost",
            self._port,
            keepalive=30,
            clean_start=not self._keeps_session,
            properties=properties,
        )
        self._client.loop_start()
        assert self._connected.get(timeout=_PATIENCE_S) == "Success"

    def close(self) -> None:
        """Says goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, topic: str) -> None:
        """Asks to hear `topic`; returns when the broker has taken it."""
        mid = self._client.subscribe(topic, qos=1)[1]
        assert mid is not None
        wait_until(lambda: mid in self._subscribed, f"SUBACK of {topic}", _PATIENCE_S)

    def say(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> str:
        """Publishes with QoS 1; what the broker answers: `Success`, `Not authorized`, ..."""
        mid = self._client.publish(topic, payload, qos=1, retain=retain).mid
        wait_until(lambda: mid in self._published, f"PUBACK of {topic}", _PATIENCE_S)
        return self._published[mid]

    def wait_for(self, topic: str, payload: bytes) -> None:
        """Returns once this has been heard."""
        wait_until(lambda: (topic, payload) in self.heard, f"{topic} heard", _PATIENCE_S)

    def wait_for_end(self) -> None:
        """Returns once the broker has ended the session's connection."""
        wait_until(lambda: self.is_ended, "end of the connection", _PATIENCE_S)

    def _disconnected(self, client: Client, *_rest: Any) -> None:
        self.is_ended = True
        client.disconnect()  # no coming back by itself

    def _message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))

    def _was_published(
        self, _client: Client, _data: object, mid: int, code: object, _properties: object
    ) -> None:
        self._published[mid] = str(code)
