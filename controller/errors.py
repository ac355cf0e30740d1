"""What can go wrong on the controller's side, in words for the person who must mend it.

VigieError
├── ConfigError      vigie.toml says something that cannot be
├── NotFound         no such kiosk, command, user, ...
├── Refused          it is understood, and may not be done now
│   ├── NotPermitted it is understood, and not for this person to do
│   ├── Occupied     a citizen is at the kiosk: again when the visit is over
│   └── LoginRefused the OpenID provider's word is not good, or not enough to be let in
└── EnrolmentError   a token or a certificate request that is not good
"""


class VigieError(Exception):
    """The root: its text names subject, value and remedy."""


class ConfigError(VigieError):
    """vigie.toml says something that cannot be. The CLI exits with 2."""


class NotFound(VigieError):  # noqa: N818 - reads as the answer it is
    """There is no such thing."""


class Refused(VigieError):  # noqa: N818 - reads as the answer it is
    """Understood, and may not be done now."""


class NotPermitted(Refused):
    """Understood, and not for this person to do."""


class Occupied(Refused):
    """A citizen is at the kiosk: it may be done when the visit is over."""


class LoginRefused(Refused):
    """The OpenID provider's word is not good, or not enough; `reason` is of oidc.Refusal."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class EnrolmentError(VigieError):
    """A token or a certificate request that is not good."""
