"""The master's pair of keys, made ahead: so its fingerprint is known before it first runs.

Salt's own way of making them (`salt-key --gen-keys`) fails in 3008.3.
"""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from controller.atomic import PRIVATE, PUBLIC, write
from controller.errors import ConfigError

_BITS = 4096


def make(folder: Path) -> bool:
    """Sees to `master.pem` and `master.pub` in `folder`; whether they were made.

    Never replaces them: every minion trusts this key alone. Raises ConfigError when only the public
    one is there.
    """
    private, public = folder / "master.pem", folder / "master.pub"
    if private.exists() and public.exists():
        return False
    if public.exists():
        raise ConfigError(f"{private} is missing beside master.pub: restore it from backup")
    if private.exists():
        write(public, _public(_loaded(private)), PUBLIC)
        return True
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    write(private, _private(key), PRIVATE)
    write(public, _public(key), PUBLIC)
    return True


def finger(home: Path) -> str:
    """Of the master's public key, as a minion's `master_finger` wants it.

    Raises ConfigError when it has not been made.
    """
    path = home / "salt" / "pki" / "master.pub"
    try:
        return finger_of(path.read_text("ascii"))
    except FileNotFoundError as err:
        raise ConfigError(
            f"{path} is missing: run `vigie init` with salt.is_managed, or `vigie salt files` for a"
            " master elsewhere"
        ) from err


def finger_of(pem: str) -> str:
    """SHA-256 of the lines between the armour (not `salt-key -F`'s, which is another).

    >>> finger_of("-----BEGIN PUBLIC KEY-----\\nQUJD\\n-----END PUBLIC KEY-----\\n")[:11]
    'fc:c2:0e:3b'
    """
    lines = [line for line in pem.splitlines() if line.strip()]
    body = "".join(f"{line}\n" for line in lines[1:-1])
    return hashlib.sha256(body.encode("ascii")).digest().hex(":")


def _loaded(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigError(f"{path} is not an RSA key: restore the master's own from backup")
    return key


def _private(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _public(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
