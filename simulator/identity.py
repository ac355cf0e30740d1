"""The proofs of a fleet: a certificate and key each, one authority, one TLS context."""

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from simulator.errors import IdentityError

CA = "ca.pem"


@dataclass(frozen=True, slots=True)
class Identity:
    """Where a kiosk's proofs are kept: PEM files."""

    certificate: Path
    key: Path

    @property
    def is_complete(self) -> bool:
        """Whether the kiosk has been enrolled."""
        return self.certificate.exists() and self.key.exists()


def identity(folder: Path, kiosk: str) -> Identity:
    """The proofs of `kiosk` in the fleet's folder, there or not."""
    return Identity(folder / f"{kiosk}.pem", folder / f"{kiosk}.key")


class FleetContext:
    """One TLS context that a whole fleet shares, TLS 1.3 only.

    A context of its own costs each kiosk 60 KB and more. OpenSSL copies a context's certificate
    into a connection when that is made, so kiosks take turns putting theirs in.
    """

    check_hostname = True

    def __init__(self, ca: Path) -> None:
        self._lock = threading.Lock()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        try:
            self._context.load_verify_locations(cafile=ca)
        except OSError as err:
            raise IdentityError(f"authority {ca}: {err}; enrol the fleet first") from err

    def wrap(self, raw: socket, host: str, proofs: Identity) -> ssl.SSLSocket:
        """A TLS socket that will show `proofs`; its handshake is yet to be done."""
        with self._lock:
            try:
                self._context.load_cert_chain(proofs.certificate, proofs.key)
            except OSError as err:
                raise IdentityError(f"certificate {proofs.certificate}: {err}") from err
            return self._context.wrap_socket(
                raw, server_hostname=host, do_handshake_on_connect=False
            )


class KioskContext:
    """The face of the shared context that the MQTT client of one kiosk sees."""

    check_hostname = True

    def __init__(self, fleet: FleetContext, proofs: Identity) -> None:
        self._fleet, self._proofs = fleet, proofs

    def wrap_socket(
        self, raw: socket, *, server_hostname: str, do_handshake_on_connect: bool = False
    ) -> ssl.SSLSocket:
        """As ssl.SSLContext.wrap_socket: the three names paho uses."""
        del do_handshake_on_connect  # paho does it itself, with its own time limit
        return self._fleet.wrap(raw, server_hostname, self._proofs)
