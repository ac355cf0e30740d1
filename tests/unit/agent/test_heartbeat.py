"""What a page says over loopback HTTP, and what anybody else may say there."""

import socket
import time
from collections.abc import Iterator

import pytest

from agent.heartbeat import Beat, Heartbeat, parse

WAIT_S = 30.0


@pytest.fixture
def heart() -> Iterator[Heartbeat]:
    one = Heartbeat(0)
    yield one
    one.close()


def say(heart: Heartbeat, request: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", heart.port), WAIT_S)
    client.sendall(request)
    return client


def hear(heart: Heartbeat) -> Beat:
    limit = time.monotonic() + WAIT_S
    while (beat := heart.read(7.0)) is None:
        assert time.monotonic() < limit, "no beat"
        time.sleep(0.01)
    return beat


def test_a_page_is_heard_and_answered(heart: Heartbeat) -> None:
    with say(heart, b"GET /?frames=3&visible=1 HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        assert hear(heart) == Beat(7.0, 3, True)
        assert client.recv(100).startswith(b"HTTP/1.1 204 ")


def test_whoever_says_nothing_holds_up_nobody(heart: Heartbeat) -> None:
    with say(heart, b""), say(heart, b"GET /?frames=4&visible=0 HTTP/1.1\r\n\r\n"):
        assert hear(heart) == Beat(7.0, 4, False)


def test_whoever_opens_connections_without_end_does_not_keep_them(heart: Heartbeat) -> None:
    for _ in range(50):
        with say(heart, b""):
            heart.read(7.0)
    with say(heart, b"GET /?frames=5&visible=1 HTTP/1.1\r\n\r\n"):
        assert hear(heart).frames == 5


def test_nobody_else_can_listen_there_and_it_says_so(heart: Heartbeat) -> None:
    with pytest.raises(OSError, match="in use"):
        Heartbeat(heart.port)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\r\n",
        b"POST /?frames=1&visible=1 HTTP/1.1\r\n",
        b"GET /?visible=1 HTTP/1.1\r\n",
        b"GET /?frames=-1 HTTP/1.1\r\n",
        b"GET /?frames=1&page=%2e%2e HTTP/1.1\r\n",
        b"GET /?frames=" + b"9" * 5000 + b" HTTP/1.1\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_anything_else_is_no_beat(raw: bytes) -> None:
    assert parse(raw, 0.0) is None
