"""Throws a revoked kiosk's live session off the broker.

A new CRL bites at the next connection only, so who is connected stays. One name has one session:
the authority connects under the kiosk's name with a certificate of a few minutes, which ends the
other connection, and drops the session with the commands that waited in it. What the last will
would have said, it says in its place: Mosquitto 2.0.11 forgets a delayed will at a takeover.
"""

import logging
import ssl
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract.messages import Presence, encode
from contract.topics import Channel, build
from controller.atomic import PRIVATE, PUBLIC, write
from controller.enrolment.authority import Authority

_LIFE = timedelta(minutes=10)
_TIMEOUT_S = 5.0
_log = logging.getLogger("vigie.enrolment")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the controller reaches the broker."""

    host: str
    port: int


def evict(authority: Authority, broker: Address, kiosk: str, last: Presence | None) -> bool:
    """Ends the kiosk's session; publishes `last`, retained, where given. True when it was done.

    The kiosk must be kept from coming back (CRL) before this is called.
    """
    certificate, key = authority.impersonate(kiosk, _LIFE)
    with tempfile.TemporaryDirectory(prefix="vigie-evict-") as name:
        folder = Path(name)  # ssl loads certificates from files alone
        write(folder / "pem", certificate, PUBLIC)
        write(folder / "key", key, PRIVATE)
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=kiosk, protocol=MQTTProtocolVersion.MQTTv5
        )
        client.tls_set(str(authority.folder / "ca.pem"), str(folder / "pem"), str(folder / "key"))
        try:
            return _take_over(client, broker, kiosk, last)
        except (OSError, ssl.SSLError) as err:
            _log.warning("session of %s not ended, the broker cannot be reached: %s", kiosk, err)
            return False


def _take_over(client: Client, broker: Address, kiosk: str, last: Presence | None) -> bool:
    is_done = False

    def connected(
        client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        nonlocal is_done
        if code.is_failure:
            _log.warning("session of %s not ended: the broker says %s", kiosk, code)
            client.disconnect()
        elif last is None:
            is_done = True
            client.disconnect()
        else:
            client.publish(build(kiosk, Channel.PRESENCE), encode(last), qos=1, retain=True)

    def published(
        client: Client, _data: object, _mid: int, _code: ReasonCode, _p: Properties
    ) -> None:
        nonlocal is_done
        is_done = True
        client.disconnect()

    client.on_connect = connected
    client.on_publish = published
    client.connect_timeout = _TIMEOUT_S
    client.connect(broker.host, broker.port, keepalive=10, clean_start=True)
    end = time.monotonic() + _TIMEOUT_S
    # Beyond `is_done`, until the goodbye is sent: then there is no connection left to loop on.
    while client.loop(timeout=1.0) == MQTTErrorCode.MQTT_ERR_SUCCESS:
        if time.monotonic() > end:
            _log.warning("session of %s: the broker does not answer", kiosk)
            break
    return is_done
