"""Who says that a release is good: Ed25519 keys, each with a name, kept apart from the controller.

The private key belongs to whoever makes releases; the controller and the kiosks have public ones
alone (<home>/salt/release-keys/<name>.pub, PEM), and take a release that any of them has signed.
"""

import base64
import re
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from controller.atomic import PRIVATE, PUBLIC, write
from controller.errors import Refused

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def make(path: Path) -> str:
    """A new private key in a file of its own; answers the public one (PEM).

    Raises Refused when there is something already: a key is never replaced.
    """
    if path.exists():
        raise Refused(f"{path} exists: a key is never replaced; choose another name")
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, pem, PRIVATE)
    return public_of(key)


def public_of(key: Ed25519PrivateKey) -> str:
    """The public half (PEM)."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode("ascii")


def load(path: Path) -> Ed25519PrivateKey:
    """The private key in a file. Raises Refused when it is none."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as err:
        raise Refused(f"{path} is no private key in PEM without a password: {err}") from err
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"{path} is a {type(key).__name__}, must be an Ed25519 key")
    return key


def sign(raw: bytes, key: Ed25519PrivateKey) -> bytes:
    """The content of a signature's file."""
    return base64.b64encode(key.sign(raw)) + b"\n"


def signer(raw: bytes, signature: bytes, trusted: Mapping[str, str]) -> str:
    """The name of the key that signed. `trusted`: public keys (PEM) by name. Raises Refused."""
    if not trusted:
        raise Refused("no release key is trusted here: `vigie release trust NAME FILE`")
    try:
        given = base64.b64decode(signature.strip(), validate=True)
    except ValueError as err:
        raise Refused(f"the signature is not base64: {err}") from err
    for name, pem in sorted(trusted.items()):
        try:
            public(pem, name).verify(given, raw)
        except InvalidSignature:
            continue
        return name
    raise Refused(f"the signature is by none of the trusted keys ({', '.join(sorted(trusted))})")


def public(pem: str, name: str) -> Ed25519PublicKey:
    """A public key. Raises Refused naming it when it is none."""
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii", "replace"))
    except (ValueError, TypeError) as err:
        raise Refused(f"release key {name} is no public key in PEM: {err}") from err
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(f"release key {name} is a {type(key).__name__}, must be an Ed25519 key")
    return key


def trust(folder: Path, name: str, pem: str) -> None:
    """Trust releases signed by this key from now on. Raises Refused for a name or key that is none,
    or a name that has another key."""
    if not _NAME.fullmatch(name):
        raise Refused(f"key name is {name[:64]!r}, must be of small letters, digits, '.', '_', '-'")
    public(pem, name)
    path = folder / f"{name}.pub"
    if path.exists() and path.read_text("ascii") != pem:
        raise Refused(f"{path} is another key: `vigie release distrust {name}` first")
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    write(path, pem.encode("ascii"), PUBLIC)


def distrust(folder: Path, name: str) -> None:
    """Trust it no more. Raises Refused when it was not trusted."""
    path = folder / f"{name}.pub"
    if not _NAME.fullmatch(name) or not path.exists():
        raise Refused(f"release key {name[:64]!r} is not trusted here")
    path.unlink()
