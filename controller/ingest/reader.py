"""Reading MQTT fast: many packets a system call, acknowledged together and only when told to.

Stock paho makes three `recv` calls a packet, builds a Properties object for each and answers PUBACK
one by one; most of its time goes there. `FastClient` replaces that path alone and leaves
connecting, keep alive, TLS and every other packet to paho. It uses private names, so it is chosen
only for the paho release it was written against; any other gets `StockClient`, slower and equal in
behaviour. Both pass tests/peer/controller/ingest/test_reader.py.
"""

import struct
from typing import Any, NamedTuple, Protocol

import paho.mqtt
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

_WRITTEN_AGAINST = "2.2."
_RECV_BYTES = 1_048_576
_PUBLISH, _PUBACK = 0x30, 0x40
_MID = struct.Struct("!H")


class Arrival(NamedTuple):
    """One PUBLISH as it came; `mid` is 0 for QoS 0."""

    topic: bytes
    payload: bytes
    mid: int


class Reader(Protocol):
    """A paho client whose messages wait in `inbox` until they are acknowledged."""

    inbox: list[Arrival]

    def acknowledge(self, arrivals: list[Arrival]) -> None:
        """Send PUBACK for these: they are safe."""


class StockClient(mqtt.Client):
    """paho's own reading, with its manual acknowledgement."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        self.inbox: list[Arrival] = []
        self.on_message = self._keep

    def _keep(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        mid = message.mid if message.qos else 0
        self.inbox.append(Arrival(message.topic.encode(), bytes(message.payload), mid))

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what has arrived into `inbox`."""
        while True:
            held = len(self.inbox)
            code = super().loop_read(max_packets)
            if code or len(self.inbox) == held:
                return code

    def acknowledge(self, arrivals: list[Arrival]) -> None:
        """Send PUBACK for these: they are safe."""
        for arrival in arrivals:
            if arrival.mid:
                self.ack(arrival.mid, 1)


class FastClient(mqtt.Client):
    """One large `recv`, packets cut from it, PUBLISH kept raw, PUBACKs sent in one write."""

    def __init__(self, client_id: str) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        self.inbox: list[Arrival] = []
        self._rest = b""

    def acknowledge(self, arrivals: list[Arrival]) -> None:
        """Send PUBACK for these: they are safe."""
        pack = _MID.pack
        packet = b"".join([b"\x40\x02" + pack(arrival.mid) for arrival in arrivals if arrival.mid])
        if packet:
            self._packet_queue(_PUBACK, packet, 0, 0)

    def reconnect(self) -> MQTTErrorCode:
        """Connect anew; half a packet of the old connection is of no use."""
        self._rest = b""
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what has arrived into `inbox`, at most about `_RECV_BYTES`."""
        chunks, size, failure = [self._rest], 0, MQTTErrorCode.MQTT_ERR_SUCCESS
        while size < _RECV_BYTES:
            try:
                chunk = self._sock_recv(_RECV_BYTES)
            except BlockingIOError:
                break
            except OSError:
                failure = MQTTErrorCode.MQTT_ERR_CONN_LOST
                break
            if not chunk:
                failure = MQTTErrorCode.MQTT_ERR_CONN_LOST
                break
            chunks.append(chunk)
            size += len(chunk)
        if size:
            self._last_bytes_received = mqtt.time_func()
            failure = self._cut(b"".join(chunks)) or failure
        return self._loop_rc_handle(failure) if failure else MQTTErrorCode.MQTT_ERR_SUCCESS

    def _cut(self, data: bytes) -> MQTTErrorCode:
        """Handle every whole packet in `data`, keep the rest."""
        start, end = 0, len(data)
        while True:
            body, length = _remaining_length(data, start + 1, end)
            if length < 0 or body + length > end:
                break
            command = data[start]
            if command & 0xF0 == _PUBLISH:
                self.inbox.append(_publish(data, command, body, body + length))
            elif rc := self._handle(command, data[body : body + length]):
                return rc
            start = body + length
        self._rest = data[start:]
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle(self, command: int, body: bytes) -> MQTTErrorCode:
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except struct.error:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL


def _remaining_length(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where a packet's body begins and how long it is; a length of -1 when not all has come."""
    length = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return at, length
        shift += 7
    return at, -1


def _publish(data: bytes, command: int, at: int, end: int) -> Arrival:
    """A PUBLISH packet's body (MQTT 5, section 3.3.2); its properties are passed over."""
    topic_end = at + 2 + (data[at] << 8 | data[at + 1])
    topic = data[at + 2 : topic_end]
    mid, at = 0, topic_end
    if command & 0x06:
        mid, at = data[at] << 8 | data[at + 1], at + 2
    at, length = _remaining_length(data, at, end)
    return Arrival(topic, data[at + length : end], mid)


#: Either, as paho sees them.
AnyClient = FastClient | StockClient


def reader_class() -> type[FastClient] | type[StockClient]:
    """The fastest client that is known to be right with the paho that is installed."""
    is_known = paho.mqtt.__version__.startswith(_WRITTEN_AGAINST)
    return FastClient if is_known else StockClient
