"""The line's quality from TCP_INFO, against the kernel's own `ss`."""

import re
import shutil
import socket
import struct
import subprocess

import pytest

from agent.quality import measure, parse_tcp_info


def test_words_are_taken_from_their_places() -> None:
    words = [0] * 24
    words[15], words[16], words[23] = 12_345, 678, 3
    raw = struct.pack("=8x24I4QI", *words, 0, 0, 0, 0, 200)
    quality = parse_tcp_info(raw)
    assert quality is not None
    assert (quality.rtt_ms, quality.jitter_ms, quality.loss_percent) == (12.345, 0.678, 1.5)


def test_a_kernel_that_says_less_gives_none() -> None:
    assert parse_tcp_info(b"\0" * 104) is None


@pytest.mark.skipif(shutil.which("ss") is None, reason="iproute2 is not installed")
def test_a_live_connection_is_read_as_ss_reads_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as sock:
            peer, _ = server.accept()
            sock.sendall(b"hello")
            peer.recv(5)
            said = subprocess.run(
                ["/usr/bin/ss", "-tin", f"dport = {port}"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            quality = measure(sock)
            peer.close()
    found = re.search(r"\brtt:([\d.]+)/([\d.]+)", said)
    assert quality is not None
    assert found is not None
    assert (quality.rtt_ms, quality.jitter_ms) == (float(found[1]), float(found[2]))


def test_a_closed_socket_gives_none() -> None:
    sock = socket.socket()
    sock.close()
    assert measure(sock) is None
