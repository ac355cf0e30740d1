"""Small secrets that must be read again, encrypted under the controller's secret key.

So a copy of the database alone does not give them away. After another `secret_key` they are lost.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def seal(text: str) -> str:
    """What may be stored."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """What was sealed; None when it was sealed under another key, or changed since."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box() -> Fernet:
    key = hashlib.sha256(b"vigie.sealing\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
