"""The floor under every Python agent: MQTT 5 over mutual TLS on a bare socket, pings, nothing else.

Started as `python -c "from bench.floor import hold; hold(...)"`: what reads a command line would
weigh as much as some of what is measured.
"""

import time

from bench.wire import Wire


def hold(port: int, certificate: str, key: str, ca: str, keepalive_s: int) -> None:
    """Connect to this machine's broker, and keep the connection for ever."""
    wire = Wire(port, certificate, key, ca, keepalive_s)
    while True:
        time.sleep(keepalive_s)
        wire.ping()
        wire.read()
