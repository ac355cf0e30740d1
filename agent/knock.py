"""Whether the broker lets a certificate in, asked without taking our own session over.

A whole CONNECT under this name would end the session we have. One of a protocol version that
nobody speaks is answered by CONNACK all the same (MQTT 5.0, 3.1.2.2), after the broker's TLS has
held the certificate against its authority and its revocation list.
"""

import ssl
import struct
from pathlib import Path
from socket import create_connection

from agent.causes import explain
from agent.config import Broker
from agent.errors import EnrolError

_TIMEOUT_S = 15.0
_CONNACK = 0x20
_NO_VERSION = 0x7F


def knock(broker: Broker, certificate: Path, key: Path) -> None:
    """Raises EnrolError when this pair is not let in."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cafile=broker.ca)
        context.load_cert_chain(certificate, key)
        address = (broker.host, broker.port)
        with (
            create_connection(address, _TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=broker.host) as line,
        ):
            line.sendall(hello())
            answer = line.recv(1)
    except OSError as err:  # ssl.SSLError is one: the refusal comes with the first read
        raise EnrolError(
            f"the new certificate is not used: {explain(err, broker.host, broker.port)}"
        ) from err
    if answer[:1] != bytes([_CONNACK]):
        raise EnrolError(
            f"the new certificate is not used: {broker.host}:{broker.port} hung up on it"
        )


def hello() -> bytes:
    """A CONNECT of a version there is not.

    >>> hello().hex()
    '100d00044d5154547f02003c000130'
    """
    body = struct.pack("!H4sBBH", 4, b"MQTT", _NO_VERSION, 0x02, 60) + struct.pack("!H1s", 1, b"0")
    return bytes([0x10, len(body)]) + body
