"""A throwaway certificate authority, for tests of one side alone."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)
#: What an emulated machine (tests/vm) calls this host's loopback.
FROM_A_MACHINE = "controller.test"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Three PEM files, as agent.toml names them."""

    ca: Path
    certificate: Path
    key: Path


class Authority:
    """Signs what it is asked to, for as long as it is asked to. Files live in `folder`."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self.ca = folder / "ca.pem"
        self.crl = folder / "crl.pem"
        self.certificate = self._sign_self()
        self.ca.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        self._revoked: list[x509.RevokedCertificate] = []
        self._write_crl()

    def issue(
        self,
        name: str,
        start: datetime | None = None,
        end: datetime | None = None,
        address: str = "127.0.0.1",
        name_of: str = "localhost",
    ) -> Credentials:
        """A key and a certificate for `name`, good at `address` and by `name_of` (of a server)."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(name, key.public_key(), start, end, address, name_of)
        files = Credentials(self.ca, self._folder / f"{name}.pem", self._folder / f"{name}.key")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def sign(
        self,
        name: str,
        public_key: ec.EllipticCurvePublicKey,
        start: datetime | None = None,
        end: datetime | None = None,
        address: str = "127.0.0.1",
        name_of: str = "localhost",
    ) -> x509.Certificate:
        """A certificate over a public key."""
        now = datetime.now(UTC)
        hosts = [x509.DNSName(name_of), x509.DNSName(FROM_A_MACHINE)]
        names = [*hosts, x509.IPAddress(ipaddress.ip_address(address))]
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start or now - _DAY)
            .not_valid_after(end or now + _DAY)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def revoke(self, credentials: Credentials) -> None:
        """Put a certificate on the revocation list."""
        serial = x509.load_pem_x509_certificate(credentials.certificate.read_bytes()).serial_number
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(datetime.now(UTC) - timedelta(minutes=1))
        )
        self._revoked.append(entry.build())
        self._write_crl()

    def _sign_self(self) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 3650 * _DAY)
            .not_valid_after(now + 3650 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    def _write_crl(self) -> None:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(now - timedelta(hours=1))
            .next_update(now + _DAY)
        )
        for revoked in self._revoked:
            builder = builder.add_revoked_certificate(revoked)
        crl = builder.sign(self._key, hashes.SHA256())
        self.crl.write_bytes(crl.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
