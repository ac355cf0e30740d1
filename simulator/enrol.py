"""Enrols a simulated fleet through the real kiosks' door: one token, one key, one request a kiosk.

A token is `vgt1.<secret>.<SHA-256 of the authority's certificate, hex>`: whoever holds it knows
which authority to believe before anything secret is sent.
"""

import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from simulator.errors import EnrolError
from simulator.identity import CA, Identity, identity

_THREADS = 4
_TIMEOUT_S = 20.0
_MINIONS = "minion.pub"  # the public key that the whole fleet's minions show
_TRIES = 6  # the door may slow us down (429) or still be opening


def enrol(
    door: str,
    tokens: Mapping[str, str],
    folder: Path,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Get each kiosk in `tokens` (kiosk -> token) its certificate; answers how many were new.

    Kiosks that have one in `folder` already are left alone, so that a broken run can be repeated.
    `told(done, of)` is called after each. Raises EnrolError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {
        kiosk: token for kiosk, token in tokens.items() if not identity(folder, kiosk).is_complete
    }
    if not wanted:
        return 0
    fingerprints = {_fingerprint(kiosk, token) for kiosk, token in wanted.items()}
    if len(fingerprints) != 1:
        raise EnrolError(f"tokens name {len(fingerprints)} authorities, must all name the same")
    ca = _authority(door, fingerprints.pop())
    _write(folder / CA, ca.encode(), 0o644)
    context = ssl.create_default_context(cadata=ca)
    minion_key = _minion_key(folder / _MINIONS)
    with ThreadPoolExecutor(_THREADS) as pool:
        jobs = pool.map(
            lambda kiosk: _one(door, context, identity(folder, kiosk), wanted[kiosk], minion_key),
            wanted,
        )
        for done, _ in enumerate(jobs, start=1):
            told(done, len(wanted))
    return len(wanted)


def _fingerprint(kiosk: str, token: str) -> str:
    version, _, rest = token.partition(".")
    fingerprint = rest.rpartition(".")[2]
    if version != "vgt1" or len(fingerprint) != 64:
        raise EnrolError(f"token of {kiosk} is malformed, must be vgt1.<secret>.<fingerprint>")
    return fingerprint


def _authority(door: str, fingerprint: str) -> str:
    """The authority's certificate, believed only when it is the one the tokens name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent; the fingerprint decides
    pem = _ask(door, context, "GET", "/ca.pem").decode("ascii", "replace")
    try:
        found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    except ValueError as err:
        raise EnrolError(f"{door}/ca.pem is not a certificate: {err}") from err
    if found != fingerprint:
        raise EnrolError(f"{door} shows another authority ({found[:16]}...) than the tokens name")
    return pem


def _one(door: str, context: ssl.SSLContext, proofs: Identity, token: str, minion_key: str) -> None:
    kiosk = proofs.key.stem
    given = {"token": token, "csr": _request(kiosk, proofs), "minion_key": minion_key}
    body = json.dumps(given).encode()
    answer = json.loads(_ask(door, context, "POST", "/enrol", body))
    if answer.get("kiosk") != kiosk:
        raise EnrolError(f"token of {kiosk} gave a certificate for {answer.get('kiosk')!r}")
    _write(proofs.certificate, str(answer["certificate"]).encode(), 0o644)


def _minion_key(path: Path) -> str:
    """One for all: simulated minions speak to no real master, and prove nothing by it."""
    if not path.exists():
        public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        _write(path, public.public_bytes(serialization.Encoding.PEM, form), 0o644)
    return path.read_text()


def _request(kiosk: str, proofs: Identity) -> str:
    """A signing request for the kiosk's key, which is on disk before anything is sent."""
    if proofs.key.exists():
        key: Any = serialization.load_pem_private_key(proofs.key.read_bytes(), None)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        _write(proofs.key, pem, 0o600)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kiosk)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    request = builder.sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def _ask(
    door: str, context: ssl.SSLContext, method: str, path: str, body: bytes | None = None
) -> bytes:
    """One exchange with the door, patient with a busy one. Raises EnrolError."""
    where = urlsplit(door)
    if where.scheme != "https" or not where.hostname:
        raise EnrolError(f"door is {door!r}, must be https://HOST:PORT")
    trouble = ""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(min(8.0, 0.5 * 2**attempt))
        link = http.client.HTTPSConnection(
            where.hostname, where.port or 8443, timeout=_TIMEOUT_S, context=context
        )
        try:
            link.request(method, path, body, {"Content-Type": "application/json"})
            answer = link.getresponse()
            payload = answer.read(65_536)
        except (OSError, http.client.HTTPException) as err:
            trouble = str(err) or type(err).__name__
            continue
        finally:
            link.close()
        if answer.status == http.HTTPStatus.OK:
            return payload
        trouble = f"{answer.status} {payload[:300].decode('utf-8', 'replace')}"
        if answer.status not in (429, 502, 503):
            break
    raise EnrolError(f"{method} {door}{path}: {trouble}")


def _write(path: Path, payload: bytes, mode: int) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.touch(mode)
    beside.chmod(mode)
    beside.write_bytes(payload)
    beside.replace(path)
