"""What a technician carries to a kiosk: `vgt1.<secret>.<SHA-256 of the authority's certificate>`.

The secret is the right to one certificate; the fingerprint lets the kiosk know the controller
before it trusts any certificate. Only the secret's digest is ever stored.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass

from controller.errors import EnrolmentError

_FORM = re.compile(r"vgt1\.([A-Za-z0-9_-]{43})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Token:
    """The two halves of a token. `str()` gives what is handed over; its repr hides the secret."""

    secret: str
    fingerprint: str

    def __str__(self) -> str:
        return f"vgt1.{self.secret}.{self.fingerprint}"

    def __repr__(self) -> str:
        return f"Token(fingerprint={self.fingerprint!r})"

    @property
    def digest(self) -> str:
        """What is stored and looked up."""
        return hashlib.sha256(self.secret.encode("ascii")).hexdigest()


def make(fingerprint: str) -> Token:
    """A new token with 256 bits of chance."""
    return Token(secrets.token_urlsafe(32), fingerprint)


def parse(text: str) -> Token:
    """The token in `text`; blanks around it, as a copy brings along, do not matter.

    Raises EnrolmentError, which never repeats the text.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise EnrolmentError(
            f"the token has {len(text)} characters and is not of the form"
            " vgt1.<secret>.<fingerprint>: copy it whole"
        )
    return Token(found[1], found[2])
