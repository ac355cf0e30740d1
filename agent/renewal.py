"""This kiosk's next certificate: a new key, exchanged at the controller's door, proven, then used.

Beside `kiosk.pem` and `kiosk.key` lie meanwhile
    *.next   the new pair: the key from before anything is asked, the certificate once it is given
    *.old    the one before: its certificate until the controller has heard us by the new one, its
             key until the controller was told to end it
A swap renames the key first, then the certificate. Whoever is cut off between the two leaves a
certificate without its key beside it, which `mend` puts in its place at the next start: so there is
no moment at which a kill leaves no pair that works.

A certificate has one successor, for one key: a key that was asked for is never thrown away.
"""

import fcntl
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from agent import enrol
from agent.config import Broker, Config
from agent.enrol import Enrolled
from agent.errors import EnrolError
from agent.knock import knock

NEXT, OLD = ".next", ".old"
DOOR_PORT = 8443
#: By then the new pair has brought us back to the controller, or the old one is taken again.
BACK_S = 60.0


#: Where a person may see how far it is: a part of a hundred, and what is being done.
Step = Callable[[int, str], None]


class Pair(NamedTuple):
    """A certificate and its key."""

    certificate: Path
    key: Path

    def beside(self, suffix: str) -> "Pair":
        """The pair that lies beside, `kiosk.pem.next` and `kiosk.key.next`."""
        return Pair(*(path.with_name(path.name + suffix) for path in self))


class Ports(NamedTuple):
    """What a renewal needs of the agent. `reconnect`: anew, with whatever pair is on disk.

    `is_back(within_s)`: waits until the controller has committed something said since.
    `step`: where a person may see how far it is.
    """

    reconnect: Callable[[], None]
    is_back: Callable[[float], bool]
    step: Step


def present(broker: Broker) -> Pair:
    """The pair in use."""
    return Pair(broker.certificate, broker.key)


def mend(pair: Pair) -> bool:
    """Finish a swap that was cut off, forth or back; whether there was one."""
    is_mended = False
    for suffix in (NEXT, OLD):
        beside = pair.beside(suffix)
        if beside.certificate.exists() and not beside.key.exists():
            beside.certificate.replace(pair.certificate)
            _sync(pair)
            is_mended = True
    return is_mended


def renew(config: Config, ports: Ports) -> None:
    """The whole of it. Raises EnrolError; the pair that worked is in use again then.

    Safe to call again, whatever became of the last time: it goes on where that was cut off.
    """
    with alone(config.state_dir / "renewal.lock", "a renewal"):
        pair = present(config.broker)
        old = pair.beside(OLD)
        mend(pair)
        _drop_prepared(pair, old)
        if not old.key.exists():
            ports.step(10, "asking for a certificate")
            _fetch(config, pair)
            ports.step(40, "trying it at the broker")
            knock(config.broker, *pair.beside(NEXT))
            swap(pair)
        if old.certificate.exists():
            ports.step(60, "connecting with it")
            _prove(pair, ports)
            old.certificate.unlink()
            _sync(pair)
        ports.step(90, "telling the controller")
        post(config, pair, "/renewed", {})  # it ends the one before
        old.key.unlink(missing_ok=True)


def is_unfinished(pair: Pair) -> bool:
    """Whether a renewal was cut off once the new pair was in use."""
    return pair.beside(OLD).key.exists()


def swap(pair: Pair) -> None:
    """The new pair takes the place of the present one, which is kept beside."""
    _exchange(pair, keep=pair.beside(OLD), take=pair.beside(NEXT))


def swap_back(pair: Pair) -> None:
    """The old pair is in use again; the new one is kept beside, for the next attempt."""
    _exchange(pair, keep=pair.beside(NEXT), take=pair.beside(OLD))


def _exchange(pair: Pair, *, keep: Pair, take: Pair) -> None:
    """Key first, then certificate, each step on the disk before the next."""
    for there, kept in ((pair.key, keep.key), (pair.certificate, keep.certificate)):
        kept.unlink(missing_ok=True)
        os.link(there, kept)
    _sync(pair)
    take.key.replace(pair.key)
    _sync(pair)
    take.certificate.replace(pair.certificate)
    _sync(pair)


def door(config: Config) -> tuple[str, int]:
    """Host and port of the kiosks' door."""
    if not config.acts.controller:
        return config.broker.host, DOOR_PORT
    parts = urlsplit(config.acts.controller)
    return parts.hostname or config.broker.host, parts.port or DOOR_PORT


def _drop_prepared(pair: Pair, old: Pair) -> None:
    """What was laid beside for a swap that was never begun: it is the present pair itself."""
    for there, kept in ((pair.certificate, old.certificate), (pair.key, old.key)):
        if kept.exists() and kept.samefile(there):
            kept.unlink()


def _prove(pair: Pair, ports: Ports) -> None:
    ports.reconnect()
    if ports.is_back(BACK_S):
        return
    swap_back(pair)
    ports.reconnect()
    raise EnrolError(
        f"with the new certificate the controller was not reached within {BACK_S:g} s: the old one"
        " is in use again"
    )


def _fetch(config: Config, pair: Pair) -> None:
    """The new pair beside the present one. The key that is there already is used."""
    fresh = pair.beside(NEXT)
    if not fresh.key.exists():
        curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        enrol.write(fresh.key, enrol.openssl("genpkey", *curve), 0o600)
    csr = enrol.openssl("req", "-new", "-batch", "-subj", "/CN=kiosk", "-key", str(fresh.key))
    answer = post(config, pair, "/renew", {"csr": csr})
    try:
        given = msgspec.json.decode(answer, type=Enrolled)
    except msgspec.DecodeError as err:
        raise EnrolError(f"the controller's answer cannot be read: {err}") from err
    if given.kiosk != config.kiosk:
        raise EnrolError(f"the certificate given is for {given.kiosk!r}, must be {config.kiosk!r}")
    _check(config, given.certificate, fresh)
    enrol.write(fresh.certificate, given.certificate, 0o644)


def _check(config: Config, certificate: str, fresh: Pair) -> None:
    """That it is our authority's, in our name, and for the new key. Raises EnrolError."""
    trial = fresh.certificate.with_name(fresh.certificate.name + ".trial")
    enrol.write(trial, certificate, 0o644)
    try:
        enrol.openssl("verify", "-CAfile", str(config.broker.ca), str(trial))
        subject = enrol.openssl(
            "x509", "-noout", "-subject", "-nameopt", "multiline", "-in", str(trial)
        )
        names = [
            line.partition("=")[2].strip() for line in subject.splitlines() if "commonName" in line
        ]
        if names != [config.kiosk]:
            raise EnrolError(f"the certificate given is for {names}, must be for {config.kiosk}")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(trial, fresh.key)
    except ssl.SSLError as err:
        raise EnrolError(f"the certificate given is not for this kiosk's key: {err}") from err
    finally:
        trial.unlink(missing_ok=True)


def post(config: Config, pair: Pair, path: str, body: object) -> bytes:
    """What the door answers to who shows this pair. Raises EnrolError, also when refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cafile=config.broker.ca)
    context.load_cert_chain(*pair)
    host, port = door(config)
    status, answer = enrol.ask(host, port, context, "POST", path, msgspec.json.encode(body))
    if status != 200:
        said = enrol.complaint(answer) or f"HTTP status {status}"
        raise EnrolError(f"the controller refuses: {said}")
    return answer


class alone:  # noqa: N801 - reads as the condition it is
    """One at a time, by command or by itself. Raises EnrolError for a second."""

    def __init__(self, path: Path, what: str) -> None:
        self._path, self._what = path, what
        self._fd = -1

    def __enter__(self) -> None:
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            os.close(self._fd)
            raise EnrolError(f"{self._what} is under way already: wait for its end") from err

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def _sync(pair: Pair) -> None:
    """What was renamed is so after a power cut."""
    for folder in {path.parent for path in pair}:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
