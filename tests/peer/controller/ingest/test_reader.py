"""Both readers, on the real broker: the same messages, acknowledged only when told to."""

import random
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from controller.ingest.reader import Arrival, FastClient, StockClient, reader_class
from tests.peer.mqtt import Voice, own
from tests.peer.region import Region

Client = FastClient | StockClient
KIOSK = "pvp-63003-1"
INGEST = "vigie-ingest"
SIZES = (0, 1, 127, 128, 16_383, 16_384, 60_000)


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as made:
        made.start_broker()
        yield made


@pytest.fixture(params=[FastClient, StockClient])
def reader(request: pytest.FixtureRequest, region: Region) -> Iterator[Client]:
    client: Client = request.param(INGEST)
    papers = own(region.pki, INGEST)
    client.tls_set(str(papers.ca), str(papers.certificate), str(papers.key))
    client.on_connect = lambda connected, *_: connected.subscribe("vigie/1/+/report", qos=1)
    _connect(client, region)
    yield client
    client.disconnect()
    client.loop_write()


def _connect(client: Client, region: Region) -> None:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 600
    subscribed: list[Any] = []
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.connect("localhost", region.broker_port, clean_start=False, properties=properties)
    _turn(client, lambda: bool(subscribed))


def _turn(client: Client, is_done: Callable[[], bool], limit_s: float = 10) -> None:
    """Serve the client until `is_done()`."""
    end = time.monotonic() + limit_s
    while not is_done():
        assert time.monotonic() < end, f"not within {limit_s} s: {len(client.inbox)} in the inbox"
        sock = client.socket()
        assert sock is not None
        if client.want_write():
            client.loop_write()
        pending = sock.pending() if hasattr(sock, "pending") else 0
        if pending or select.select([sock], [], [], 0.05)[0]:
            client.loop_read()


def _say(region: Region, payloads: list[bytes]) -> None:
    papers = region.enrol(KIOSK)[KIOSK]
    with Voice(region.broker_port, papers) as voice:
        for payload in payloads:
            assert voice.say(f"vigie/1/{KIOSK}/report", payload) == "Success"


def _payloads(client: Client) -> list[bytes]:
    return [arrival.payload for arrival in client.inbox]


def test_every_size_comes_whole_and_in_order(region: Region, reader: Client) -> None:
    said = [random.randbytes(size) for size in SIZES] * 3  # noqa: S311
    _say(region, said)
    _turn(reader, lambda: len(reader.inbox) == len(said))
    assert _payloads(reader) == said
    assert {arrival.topic for arrival in reader.inbox} == {f"vigie/1/{KIOSK}/report".encode()}


def test_what_was_not_acknowledged_comes_again(region: Region, reader: Client) -> None:
    said = [f"message {number}".encode() for number in range(20)]
    _say(region, said)
    _turn(reader, lambda: len(reader.inbox) == len(said))
    reader.acknowledge(reader.inbox[:5])
    reader.loop_write()
    reader.inbox.clear()
    time.sleep(0.3)
    sock = reader.socket()
    assert sock is not None
    sock.close()  # the link is cut without a word
    _connect(reader, region)
    _turn(reader, lambda: len(reader.inbox) == len(said) - 5)
    assert _payloads(reader) == said[5:]


def test_the_fast_reader_cuts_packets_wherever_the_network_cut_them() -> None:
    client = FastClient("alone")
    stream = b"".join(_packet(b"t/1", payload, mid) for mid, payload in _numbered())
    for at in range(0, len(stream), 3):
        client._rest, data = b"", client._rest + stream[at : at + 3]
        assert client._cut(data) == 0
    expected = [Arrival(b"t/1", payload, mid) for mid, payload in _numbered()]
    assert client.inbox == expected


def test_the_installed_paho_is_read_fast() -> None:
    assert reader_class() is FastClient


def _numbered() -> list[tuple[int, bytes]]:
    return [(mid, b"x" * (mid * 37 % 400)) for mid in range(1, 60)]


def _packet(topic: bytes, payload: bytes, mid: int) -> bytes:
    """PUBLISH, QoS 1, with a message expiry of 60 s (MQTT 5, section 3.3)."""
    properties = b"\x02\x00\x00\x00\x3c"
    body = len(topic).to_bytes(2) + topic + mid.to_bytes(2) + bytes([len(properties)])
    body += properties + payload
    length, head = len(body), bytearray()
    while length > 127:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return b"\x32" + bytes([*head, length]) + body
