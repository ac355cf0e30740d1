"""The region's certificate authority: a key, and what it signs. Files in one folder, no database.

Everything is EC P-256; private keys are written 0600.
"""

import hashlib
import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controller.atomic import PRIVATE, PUBLIC, write
from controller.enrolment.request import PublicKey, read
from controller.errors import ConfigError

CA_LIFE = timedelta(days=3650)
OWN_LIFE = timedelta(days=825)  # of the controller's own certificates
KIOSK_LIFE = timedelta(days=398)
CRL_LIFE = timedelta(days=30)
#: A kiosk whose clock is a little slow must not find its certificate "not yet valid".
BACKDATED = timedelta(days=1)
#: Own certificates are made anew by `vigie init` when they end sooner than this.
RENEW_BEFORE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate given to a kiosk."""

    pem: str
    serial: str  # hexadecimal
    fingerprint: str  # SHA-256 of the DER, hexadecimal
    public_key: str  # SHA-256 of the SubjectPublicKeyInfo, hexadecimal
    issued_at: datetime
    expires_at: datetime


class Authority:
    """The authority in `folder` (`<home>/pki`): `ca.pem`, `ca.key`, and what its own show."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Whether it has been made."""
        return self._ca_path.exists() and self._key_path.exists()

    @cached_property
    def ca_pem(self) -> str:
        """The authority's certificate. Raises ConfigError before `create`."""
        return self._read(self._ca_path).decode("ascii")

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate (DER), hexadecimal: the last part of a token."""
        der = self._ca.public_bytes(serialization.Encoding.DER)
        return hashlib.sha256(der).hexdigest()

    def create(self, name: str = "Vigie") -> None:
        """Makes key and certificate where there are none. Never replaces them: every kiosk trusts
        this key alone.

        Raises ConfigError when one of the two is there without the other.
        """
        if self.exists:
            return
        if self._ca_path.exists() or self._key_path.exists():
            raise ConfigError(
                f"{self.folder} has only one of ca.pem and ca.key: restore the other from backup"
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"{name} {os.urandom(4).hex()}")
        builder = (
            _builder(subject, subject, key.public_key(), CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs=True), critical=True)
        )
        certificate = builder.sign(key, hashes.SHA256())
        write(self._key_path, _key_pem(key), PRIVATE)
        write(self._ca_path, _pem(certificate), PUBLIC)

    def issue_server(self, stem: str, names: Sequence[str]) -> bool:
        """Sees to `<stem>.pem` and `.key` for a server reached by `names` (hosts or addresses).

        Returns whether they were made anew: none there, other names, another authority's, or near
        their end.
        """
        wanted = [_general_name(name) for name in dict.fromkeys(names)]
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        return self._issue(stem, stem, usage, x509.SubjectAlternativeName(wanted))

    def issue_client(self, common_name: str) -> bool:
        """Sees to `<common_name>.pem` and `.key` for one of the controller's own processes."""
        return self._issue(common_name, common_name, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def sign(self, csr_pem: str, kiosk: str) -> Signed:
        """A client's certificate for `kiosk` and the key in the request; the rest of the request,
        its subject and extensions included, is ignored.

        Raises EnrolmentError when the request is not good.
        """
        key = read(csr_pem)
        certificate = self._client(kiosk, key, KIOSK_LIFE).sign(self._key, hashes.SHA256())
        return Signed(
            pem=_pem(certificate).decode("ascii"),
            serial=f"{certificate.serial_number:x}",
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
            public_key=key_digest(key),
            issued_at=certificate.not_valid_before_utc + BACKDATED,
            expires_at=certificate.not_valid_after_utc,
        )

    def impersonate(self, kiosk: str, life: timedelta) -> tuple[bytes, bytes]:
        """A certificate and key (PEM) in a kiosk's name, kept nowhere: to end its session."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._client(kiosk, key.public_key(), life).sign(self._key, hashes.SHA256())
        return _pem(certificate), _key_pem(key)

    def crl(self, revoked: Iterable[tuple[str, datetime]]) -> bytes:
        """The list (PEM) of these serials, hexadecimal, with the time each was revoked."""
        now = _now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._ca.subject)
            .last_update(now - BACKDATED)
            .next_update(now + CRL_LIFE)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        for serial, at in revoked:
            entry = x509.RevokedCertificateBuilder(int(serial, 16), at)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _issue(
        self,
        stem: str,
        common_name: str,
        usage: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName | None,
    ) -> bool:
        path = self.folder / f"{stem}.pem"
        if path.exists() and self._is_good(
            x509.load_pem_x509_certificate(path.read_bytes()), names
        ):
            return False
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._leaf(common_name, key.public_key(), OWN_LIFE, usage)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        write(path.with_suffix(".key"), _key_pem(key), PRIVATE)
        write(path, _pem(builder.sign(self._key, hashes.SHA256())), PUBLIC)
        return True

    def _is_good(
        self, certificate: x509.Certificate, names: x509.SubjectAlternativeName | None
    ) -> bool:
        if certificate.issuer != self._ca.subject:
            return False
        if certificate.not_valid_after_utc < _now() + RENEW_BEFORE:
            return False
        if names is None:
            return True
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return extension.value == names

    def _client(self, name: str, key: PublicKey, life: timedelta) -> x509.CertificateBuilder:
        return self._leaf(name, key, life, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _leaf(
        self, name: str, key: PublicKey, life: timedelta, usage: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        issuer_key = self._key.public_key()
        return (
            _builder(_name(name), self._ca.subject, key, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
            )
        )

    @property
    def _ca_path(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def _key_path(self) -> Path:
        return self.folder / "ca.key"

    @cached_property
    def _ca(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.ca_pem.encode("ascii"))

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(self._read(self._key_path), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ConfigError(f"{self._key_path} is not an EC key: restore the authority's own")
        return key

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as err:
            raise ConfigError(f"{path} is missing: run `vigie init` first") from err


def key_digest(key: PublicKey) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, hexadecimal."""
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = _now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
