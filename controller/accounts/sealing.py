"""Small secrets that must be read again, at rest: encrypted with a key that is not in the database.

The key is derived from `<home>/secret_key` (HKDF-SHA256, RFC 5869), another one for each purpose; a
copy of the database alone, a backup or an export, gives no secret away.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from controller.errors import VigieError


class Seal:
    """Seals and opens one controller's secrets for one purpose, such as `channels`."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._purpose = purpose
        kdf = HKDF(SHA256(), length=32, salt=None, info=f"vigie: secrets of {purpose}".encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(kdf.derive(secret_key.encode())))

    def close(self, secret: str) -> bytes:
        """Encrypted, in ASCII; empty for an empty secret."""
        return self._fernet.encrypt(secret.encode()) if secret else b""

    def open(self, sealed: bytes) -> str:
        """The secret again. Raises VigieError when it was sealed otherwise, or changed since."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as err:
            raise VigieError(
                f"a secret of {self._purpose} cannot be opened: secret_key in the controller's"
                " folder is not the one it was sealed with; restore that file, or enter the secret"
                " again"
            ) from err
