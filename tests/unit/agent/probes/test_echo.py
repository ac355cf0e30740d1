"""ICMP echo as bytes, and for real on the loopback."""

import socket

import pytest

from agent.probes import echo, line
from agent.probes.echo import Plan

TOKEN = b"8 bytes!"
REPLY4 = bytes([0, 0, 0xAB, 0xCD, 0, 1, 0, 7]) + TOKEN
REPLY6 = bytes([129, 0, 0xAB, 0xCD, 0, 1, 0, 7]) + TOKEN
IP_HEADER = bytes([0x45]) + bytes(19)


def test_a_reply_is_told_by_our_token_with_or_without_an_ip_header() -> None:
    assert echo.parse_reply(socket.AF_INET, REPLY4, TOKEN) == 7
    assert echo.parse_reply(socket.AF_INET, IP_HEADER + REPLY4, TOKEN) == 7
    assert echo.parse_reply(socket.AF_INET6, REPLY6, TOKEN) == 7


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        REPLY4[:10],
        IP_HEADER,
        bytes([8]) + REPLY4[1:],  # our own request, seen on the loopback
        REPLY4[:8] + b"somebody",
        bytes([0x4F]) + bytes(30),  # a header longer than the packet
    ],
)
def test_what_is_no_reply_to_us_is_none(packet: bytes) -> None:
    assert echo.parse_reply(socket.AF_INET, packet, TOKEN) is None


def test_the_checksum_of_a_request_with_its_checksum_is_zero() -> None:
    assert echo.checksum(echo.request(socket.AF_INET, 3, TOKEN)) == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_loopback_answers_every_request(address: str) -> None:
    try:
        times = echo.burst(address, Plan(5, 0.01))
    except OSError as err:
        pytest.skip(f"ICMP to {address} is not permitted here: {err}")
    quality = line.summarize(times, "icmp")
    assert quality is not None
    assert (quality.loss_percent, quality.lost) == (0.0, 0)
    assert 0 < quality.rtt_ms < 1000


def test_one_packet_back_has_no_jitter() -> None:
    assert line.summarize([12.0, None], "icmp") == line.Quality(12.0, 0.0, 50.0, 1, "icmp")
