"""A day's bytes, from packets."""

import socket

import pytest

from bench.bill import bill
from bench.cable import Packet
from bench.errors import BenchError

TCP, UDP, ICMP = socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMP
PING = (Packet(0, TCP, True, 76), Packet(0, TCP, False, 76), Packet(0, TCP, True, 52))
REPORT = (Packet(0, TCP, True, 1500), Packet(0, TCP, False, 52), Packet(0, TCP, False, 138))


def test_a_day_is_made_of_hours_and_minutes() -> None:
    start = (Packet(0, TCP, True, 4000), Packet(0, ICMP, True, 36), Packet(0, ICMP, False, 36))
    names = (Packet(0, UDP, True, 65), Packet(0, UDP, False, 85))
    found = bill(start, (*PING, *PING, *names), 120.0, (*REPORT, *REPORT), 2)
    assert (found.start, found.ping, found.names) == (4000, 204, 75)
    assert (found.report, found.burst) == (1690, 72)
    assert found.day == 24 * (1690 + 72) + 1440 * (204 + 75)


def test_a_change_in_idle_time_is_no_part_of_a_ping() -> None:
    found = bill((), (*PING, Packet(0, TCP, True, 900)), 60.0, REPORT, 1)
    assert found.ping == 204


def test_a_line_without_pings_is_not_called_cheap() -> None:
    with pytest.raises(BenchError, match="0 pings"):
        bill((), (), 60.0, REPORT, 1)
