"""What this kiosk's Salt minion runs with: its configuration and its key, as enrolment gave them.

Kept beside the kiosk's own key, in /etc/vigie
    minion.json     the master, as the controller described it (`Terms`)
    minion.pem      the private key that the master knows; `minion.pem.next` while it is exchanged
and from there laid where Salt reads it, as often as something else is found there
    /etc/salt/minion.d/vigie.conf      /etc/salt/pki/minion/minion.pem, minion.pub

The agent itself needs none of this: it is loaded when a kiosk enrols, or its minion is seen to.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct

from agent.config import Config
from agent.config import Minion as Place
from agent.enrol import openssl, write
from agent.errors import EnrolError

_BITS = "3072"
_Port = Annotated[int, Meta(ge=1, le=65535)]
_Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]
_Algorithm = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_KeyName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Terms(Struct, frozen=True):
    """The master and its ways. `finger`: of its public key, as `master_finger` wants it."""

    master: _Name
    publish_port: _Port
    return_port: _Port
    finger: Annotated[str, Meta(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){31}$")]
    signing_algorithm: _Algorithm
    encryption_algorithm: _Algorithm


class Offer(Struct, frozen=True):
    """What the door gives to who has a minion. `release_keys`: public keys (PEM) by name."""

    salt: Terms
    release_keys: dict[_KeyName, Annotated[str, Meta(max_length=10_000)]]


class Kept(NamedTuple):
    """Where that is kept, of which what Salt reads is a copy."""

    terms: Path
    key: Path
    next_key: Path
    release_keys: Path


def kept(key: Path) -> Kept:
    """Beside the kiosk's own key."""
    folder = key.parent
    pem = folder / "minion.pem"
    return Kept(
        folder / "minion.json", pem, pem.with_name("minion.pem.next"), folder / "release-keys"
    )


def make_key(path: Path) -> None:
    """A new key. The form is the one Salt makes its own in. Raises EnrolError."""
    write(path, openssl("genrsa", "-traditional", _BITS), 0o600)


def public(key: Path) -> str:
    """The public half (PEM). Raises EnrolError when it is no key."""
    return openssl("rsa", "-in", str(key), "-pubout")


def keep(offer: Offer, where: Kept) -> None:
    """Keep the master's words and the keys that releases are trusted by. Raises EnrolError."""
    write(where.terms, msgspec.json.encode(offer.salt).decode() + "\n", 0o644)
    for name, pem in offer.release_keys.items():
        write(where.release_keys / f"{name}.pub", pem, 0o644)
    for path in where.release_keys.glob("*.pub"):  # one that was withdrawn is trusted no more
        if path.stem not in offer.release_keys:
            path.unlink()


def terms(where: Kept) -> Terms | None:
    """What was kept; None when nothing was, or it cannot be read."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(where.terms.read_bytes(), type=Terms)
    return None


def settings(kiosk: str, given: Terms, folder: Path, pidfile: Path) -> dict[str, Any]:
    """The minion's configuration (Salt 3008)."""
    return {
        "id": kiosk,
        "master": given.master,
        "master_port": given.return_port,
        "publish_port": given.publish_port,
        "master_finger": given.finger,
        "signing_algorithm": given.signing_algorithm,
        "encryption_algorithm": given.encryption_algorithm,
        "sign_pub_messages": True,
        "minion_sign_messages": True,
        "mine_enabled": False,  # with signed messages its dates cannot be sent, nor any state's
        "multiprocessing": True,  # else a job that ends while the master is down is forgotten
        "cache_jobs": True,  # a return that the master missed is asked for later
        "pki_dir": str(folder / "pki" / "minion"),
        "pidfile": str(pidfile),
        "tcp_keepalive_idle": 60,  # a mobile network forgets a silent connection
        "enable_fqdns_grains": False,
        "enable_gpu_grains": False,
    }


def text(values: Mapping[str, Any]) -> str:
    """As YAML, each value as JSON, which YAML has within it.

    >>> print(text({"id": "pvp-1", "master_port": 4506}), end="")
    # Written by vigie-agent: `vigie-agent enrol` or repair-minion writes it anew.
    id: "pvp-1"
    master_port: 4506
    """
    lines = (f"{key}: {json.dumps(value)}\n" for key, value in values.items())
    first = "# Written by vigie-agent: `vigie-agent enrol` or repair-minion writes it anew.\n"
    return first + "".join(lines)


def laid(place: Place) -> tuple[Path, Path, Path]:
    """Salt's copies: configuration, private key, public key."""
    pki = place.folder / "pki" / "minion"
    return place.folder / "minion.d" / "vigie.conf", pki / "minion.pem", pki / "minion.pub"


def lay(kiosk: str, where: Kept, place: Place) -> tuple[str, ...]:
    """Have Salt's copies be as what is kept; the names of those that were not.

    Raises EnrolError when nothing is kept, or a file cannot be written.
    """
    given = terms(where)
    if given is None or not where.key.exists():
        raise EnrolError(
            f"{where.terms} and {where.key.name} are not both there, must be: enrol this kiosk"
        )
    conf = text(settings(kiosk, given, place.folder, place.pidfile))
    contents = (conf, _text(where.key) or "", public(where.key))
    paths = laid(place)
    _private(paths[1].parent)
    wanted = zip(paths, contents, (0o644, 0o400, 0o644), strict=True)
    changed = [path.name for path, content, mode in wanted if _lay(path, content, mode)]
    master = paths[1].with_name("minion_master.pub")
    if master.exists() and finger(_text(master) or "") != given.finger:
        master.unlink()  # another master's: with it Salt would refuse the one we are to have
        changed.append(master.name)
    return tuple(changed)


def finger(pem: str) -> str:
    """Of a public key, as `master_finger` has it: SHA-256 of the lines between the armour.

    >>> finger("-----BEGIN PUBLIC KEY-----\\nQUJD\\n-----END PUBLIC KEY-----")[:11]
    'fc:c2:0e:3b'
    """
    lines = [line for line in pem.splitlines() if line.strip()]
    body = "".join(f"{line}\n" for line in lines[1:-1])
    return hashlib.sha256(body.encode("utf-8")).digest().hex(":")


def place_of(config: Config) -> tuple[str, Kept, Place]:
    """What `lay` wants to know, of an enrolled kiosk."""
    return config.kiosk, kept(config.broker.key), config.minion


def sync(folder: Path) -> None:
    """What was renamed in it is so after a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _private(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as err:
        raise EnrolError(f"{folder} cannot be made: {err.strerror}") from err


def _lay(path: Path, content: str, mode: int) -> bool:
    if _text(path) == content and path.stat().st_mode & 0o777 == mode:
        return False
    write(path, content, mode)
    path.chmod(mode)  # whatever the umask
    sync(path.parent)
    return True


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return None
