"""What systemd hears, on a real datagram socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.systemd import Systemd


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock


def test_systemd_hears_of_start_life_and_end(ear: socket.socket) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": ear.getsockname()})
    systemd.ready()
    systemd.alive()
    systemd.status("ready; connected\nSTATUS=forged")
    systemd.stopping()
    heard = [ear.recv(100) for _ in range(4)]
    assert heard == [b"READY=1", b"WATCHDOG=1", b"STATUS=ready; connected", b"STOPPING=1"]


def test_an_abstract_socket_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("")  # the kernel chooses an abstract name
        sock.settimeout(5)
        Systemd({"NOTIFY_SOCKET": "@" + sock.getsockname()[1:].decode()}).ready()
        assert sock.recv(100) == b"READY=1"


def test_the_watchdog_is_fed_twice_in_its_time() -> None:
    assert Systemd({"WATCHDOG_USEC": "90000000"}).watchdog_s == 45


def test_without_systemd_nothing_happens(tmp_path: Path) -> None:
    Systemd({}).ready()
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready()
    assert Systemd({}).watchdog_s is None
