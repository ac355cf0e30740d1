"""Makes this kiosk known to a controller: a token in, a certificate out. Trying again is safe.

The token is `vgt1.<secret>.<sha256 of the authority's certificate, DER, in hexadecimal>`. The key
is made here and never leaves. GET /ca.pem is not yet trusted; what it gives must have the token's
fingerprint. Then, over TLS verified by that authority:

    POST /enrol {"token": ..., "csr": PEM, "minion_key": PEM}
    200 {"kiosk", "certificate", "ca", "broker_host", "broker_port"}    4xx {"error": text}
    and, where there is a Salt master, "salt" and "release_keys" (agent.minion)

HTTP and TLS are imported late: the agent that runs has no use for them.
"""

import hashlib
import logging
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from agent.config import Config, Minion
from agent.configfile import load
from agent.errors import ConfigError, EnrolError
from contract.topics import is_kiosk_id

if TYPE_CHECKING:
    import ssl

log = logging.getLogger(__name__)

OPENSSL = Path("/usr/bin/openssl")
_TIMEOUT_S = 30
_DOOR_PORT = 8443
_MAX_ANSWER = 200_000
_REMEDY = "must be vgt1.<secret>.<fingerprint>: copy it whole"


class Token(NamedTuple):
    """What the controller gave: the whole is sent, the fingerprint is checked here."""

    text: str
    fingerprint: str


class Enrolled(Struct, frozen=True):
    """The controller's answer. `salt` and `release_keys` are agent.minion's."""

    kiosk: str
    certificate: str
    ca: str
    broker_host: str
    broker_port: int
    salt: dict[str, str | int] | None = None
    release_keys: dict[str, str] = {}


class Files(NamedTuple):
    """Where the credentials go."""

    ca: Path
    certificate: Path
    key: Path


def enrol(controller: str, token: str, config_path: Path, minion: Minion | None = None) -> Enrolled:
    """Enrol, write the credentials, and agent.toml where there is none. What the controller said.

    `minion`: where that of a new kiosk lies, which is set up if there is a master; None: it has
    none. Of one that has an agent.toml, that says where.

    Raises EnrolError or ConfigError; nothing that works is replaced before all has been checked.
    """
    proof = parse_token(token)
    host, port = parse_controller(controller)
    existing = load(config_path) if config_path.exists() else None
    files = _files(config_path, existing)
    said = {"token": proof.text, "csr": _request(files.key)}
    authority = _authority(host, port, proof.fingerprint)
    joining = None
    if minion is not None:
        from agent.joining import Joining  # of a kiosk that may have a minion

        joining = Joining(files.key, existing.minion if existing is not None else minion)
        said["minion_key"] = joining.public_key()
    enrolled = _redeem(host, port, authority, said)
    _keep(enrolled, authority, files)
    if existing is None:
        lines = _agent_toml(enrolled, files, config_path.parent, (host, port))
        lines += joining.agent_toml() if joining is not None and enrolled.salt else ""
        write(config_path, lines, 0o644)
        log.info("wrote %s", config_path)
    _check(load(config_path), enrolled, config_path)
    if joining is not None:
        joining.finish(enrolled)
    return enrolled


def parse_token(text: str) -> Token:
    """The token in `text`; blanks around it do not matter. Raises EnrolError, without its secret.

    >>> parse_token("vgt1.s3cret." + "0" * 64).fingerprint[:4]
    '0000'
    """
    text = text.strip()
    parts = text.split(".")
    if len(parts) != 3 or parts[0] != "vgt1" or not parts[1]:
        raise EnrolError(f"the token has {len(text)} characters, {_REMEDY}")
    if len(parts[2]) != 64 or set(parts[2]) - set("0123456789abcdef"):
        raise EnrolError(f"the token's fingerprint has {len(parts[2])} characters, {_REMEDY}")
    return Token(text, parts[2])


def parse_controller(url: str) -> tuple[str, int]:
    """Host and port of `https://HOST:PORT`.

    >>> parse_controller("https://vigie.example.org")
    ('vigie.example.org', 8443)
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _DOOR_PORT
    except ValueError:
        host = None
    if host is None or parts.scheme != "https":
        raise EnrolError(f"controller is {url!r}, must be https://HOST:8443")
    return host, port


def _files(config_path: Path, config: Config | None) -> Files:
    if config is not None:
        return Files(config.broker.ca, config.broker.certificate, config.broker.key)
    folder = config_path.absolute().parent
    return Files(folder / "ca.pem", folder / "kiosk.pem", folder / "kiosk.key")


def _request(key: Path) -> str:
    """A signing request over the key, which is made where there is none: a second try uses it."""
    if not key.exists():
        pem = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        write(key, pem, 0o600)
    # The controller gives the name; the request only proves that the key is ours.
    return openssl("req", "-new", "-batch", "-subj", "/CN=kiosk", "-key", str(key))


def openssl(*args: str) -> str:
    """What openssl prints. Raises EnrolError."""
    try:
        done = subprocess.run(  # noqa: S603 - an absolute path, our own arguments
            [str(OPENSSL), *args],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise EnrolError(f"{OPENSSL} {args[0]}: {err}") from err
    if done.returncode != 0:
        raise EnrolError(f"{OPENSSL} {args[0]} failed: {done.stderr.strip()[:300]}")
    return done.stdout


def _authority(host: str, port: int, fingerprint: str) -> str:
    """The authority's certificate (PEM), proven by the token."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint decides, and nothing is told before
    pem = ask(host, port, context, "GET", "/ca.pem", None)[1].decode("ascii", "replace")
    try:
        found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest()
    except ValueError as err:
        raise EnrolError(f"{host}:{port}/ca.pem is no certificate: is it the controller?") from err
    if found != fingerprint:
        raise EnrolError(
            f"the authority of {host}:{port} has fingerprint {found[:16]}..., must be "
            f"{fingerprint[:16]}... as in the token: this is not the controller that made the "
            "token, or somebody is in between. Nothing was sent"
        )
    return pem


def _redeem(host: str, port: int, authority: str, said: dict[str, str]) -> Enrolled:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority)
    status, answer = ask(host, port, context, "POST", "/enrol", msgspec.json.encode(said))
    if status != 200:
        raise EnrolError(f"the controller refuses: {complaint(answer) or f'HTTP status {status}'}")
    try:
        enrolled = msgspec.json.decode(answer, type=Enrolled)
    except msgspec.DecodeError as err:
        raise EnrolError(f"the controller's answer cannot be read: {err}") from err
    if not is_kiosk_id(enrolled.kiosk):
        raise EnrolError(f"the controller calls this kiosk {enrolled.kiosk[:80]!r}: not a kiosk id")
    return enrolled


def ask(
    host: str, port: int, context: "ssl.SSLContext", method: str, path: str, body: bytes | None
) -> tuple[int, bytes]:
    """Status and body of one HTTPS request. Raises EnrolError when there is no answer."""
    from http.client import HTTPException, HTTPSConnection

    from agent.causes import explain

    connection = HTTPSConnection(host, port, context=context, timeout=_TIMEOUT_S)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read(_MAX_ANSWER)
    except OSError as err:
        raise EnrolError(explain(err, host, port)) from err
    except HTTPException as err:
        raise EnrolError(f"{host}:{port} does not speak HTTP: is it the controller?") from err
    finally:
        connection.close()


def complaint(answer: bytes) -> str | None:
    """The sentence in the door's refusal; None where it is none of the door's."""
    try:
        text = msgspec.json.decode(answer, type=dict[str, str]).get("error")
    except msgspec.DecodeError:
        return None
    return text[:300] if text else None


def _keep(enrolled: Enrolled, authority: str, files: Files) -> None:
    """Write the credentials, once they are known to work together."""
    import ssl

    fresh = files.certificate.with_name(files.certificate.name + ".new")
    ca = files.ca.with_name(files.ca.name + ".new")
    write(ca, authority, 0o644)
    write(fresh, enrolled.certificate, 0o644)
    try:
        openssl("verify", "-CAfile", str(ca), str(fresh))
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(fresh, files.key)
    except ssl.SSLError as err:
        raise EnrolError(f"the certificate given is not for this kiosk's key: {err}") from err
    ca.replace(files.ca)
    fresh.replace(files.certificate)


def _agent_toml(enrolled: Enrolled, files: Files, folder: Path, door: tuple[str, int]) -> str:
    names = [os.path.relpath(path, folder.absolute()) for path in files]
    renewed_at = f'\n[commands]\ncontroller = "https://{door[0]}:{door[1]}"\n'
    return (
        f'kiosk = "{enrolled.kiosk}"\n\n'
        f'[broker]\nhost = "{enrolled.broker_host}"\nport = {enrolled.broker_port}\n'
        f'ca = "{names[0]}"\ncertificate = "{names[1]}"\nkey = "{names[2]}"\n'
        + (renewed_at if door != (enrolled.broker_host, _DOOR_PORT) else "")
    )


def _check(config: Config, enrolled: Enrolled, path: Path) -> None:
    given = {
        "kiosk": (config.kiosk, enrolled.kiosk),
        "broker.host": (config.broker.host, enrolled.broker_host),
        "broker.port": (config.broker.port, enrolled.broker_port),
    }
    for key, (here, there) in given.items():
        if here != there:
            raise ConfigError(
                f"{path}: {key} is {here!r}, must be {there!r} as the controller says"
            )


def write(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, and on disk when this returns."""
    fresh = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(fd, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(fd)
        fresh.replace(path)
    except OSError as err:
        raise EnrolError(f"{path} cannot be written: {err.strerror}") from err
