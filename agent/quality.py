"""The quality of the line to the broker, asked of the kernel: TCP_INFO of the live connection."""

import socket
import struct

from agent.probe import LinkQuality

# struct tcp_info (linux/tcp.h): eight bytes, then 32-bit words; rtt is the 16th, rttvar the 17th,
# total_retrans the 24th. Four 64-bit counters follow, then segs_out.
_WORDS = struct.Struct("=8x24I")
_SEGS_OUT = struct.Struct("=I")
_SEGS_OUT_AT = 8 + 24 * 4 + 4 * 8
_RTT, _RTTVAR, _TOTAL_RETRANS = 15, 16, 23
_ENOUGH_BYTES = _SEGS_OUT_AT + _SEGS_OUT.size


def parse_tcp_info(raw: bytes) -> LinkQuality | None:
    """The quality in a `struct tcp_info`; None when the kernel is too old to say."""
    if len(raw) < _ENOUGH_BYTES:
        return None
    words = _WORDS.unpack_from(raw)
    (segments,) = _SEGS_OUT.unpack_from(raw, _SEGS_OUT_AT)
    loss = 100.0 * words[_TOTAL_RETRANS] / segments if segments else 0.0
    return LinkQuality(
        rtt_ms=words[_RTT] / 1000,
        jitter_ms=words[_RTTVAR] / 1000,
        loss_percent=round(min(loss, 100.0), 2),
    )


def measure(sock: socket.socket) -> LinkQuality | None:
    """The quality of a connected TCP socket; None when it is gone."""
    try:
        return parse_tcp_info(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192))
    except OSError:
        return None
