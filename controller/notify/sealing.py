"""Secrets of channels at rest: encrypted with a key that never lies in the database.

The key is derived from `<home>/secret_key` (HKDF-SHA256, RFC 5869); a copy of the database alone, a
backup or an export, tells no password.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from controller.errors import VigieError

_PURPOSE = b"vigie: secrets of channels"


class Seal:
    """Seals and opens with one controller's key."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, secret: str) -> bytes:
        """Encrypted; empty for an empty secret."""
        return self._fernet.encrypt(secret.encode()) if secret else b""

    def open(self, sealed: bytes) -> str:
        """The secret again. Raises VigieError when it was sealed with another key."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken as err:
            raise VigieError(
                "a channel's secret cannot be opened: secret_key in the controller's folder is not"
                " the one it was sealed with; restore that file, or enter the secret again"
            ) from err
