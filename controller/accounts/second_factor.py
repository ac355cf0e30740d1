"""The second factor: six digits of an app (TOTP, RFC 6238), or a recovery code when it is lost.

A factor counts once its first code was typed. Codes count once: a code seen over the shoulder is
worth nothing when it was used.
"""

import base64
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.oath import TOTP

from controller.accounts.audit import record
from controller.accounts.models import RecoveryCode, SecondFactor
from controller.accounts.roles import Role, role_of
from controller.accounts.sealing import Seal
from controller.errors import NotFound, Refused, VigieError

RECOVERY_CODES = 10
_STEP_S, _DIGITS = 30, 6
_TOLERANCE = 1  # steps before and after: phones' clocks differ, and people type slowly
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like another
_CODE_LENGTH = 16  # of 31 letters: 79 bits
_FROM: dict[str, tuple[Role, ...]] = {
    "optional": (),
    "administrators": (Role.ADMINISTRATOR,),
    "technicians": (Role.TECHNICIAN, Role.ADMINISTRATOR),
    "all": tuple(Role),
}


def is_required(user: User | AnonymousUser, policy: str) -> bool:
    """Whether the policy of vigie.toml asks this user for a second factor. At most one query."""
    return policy == "all" or (policy != "optional" and role_of(user) in _FROM[policy])


def is_on(user: User) -> bool:
    """Whether the user has one that counts."""
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).exists()


@transaction.atomic
def propose(user: User, now: datetime) -> str:
    """The secret (base32) for the user's app, the same until it is confirmed.

    Raises Refused when he has a factor already.
    """
    found = SecondFactor.objects.select_for_update().filter(user=user).first()
    if found is not None and found.confirmed_at is not None:
        raise Refused(f"user {user.username!r} has a second factor: reset it first")
    key = _key(found) if found is not None else ""
    if not key:
        key = base64.b32encode(secrets.token_bytes(20)).decode()
        SecondFactor.objects.update_or_create(
            user=user, defaults={"secret": _seal().close(key).decode(), "created_at": now}
        )
    return key


def address(user: User, key: str, place: str) -> str:
    """What the QR code says (Google's Key URI format); `place` tells controllers apart.

    >>> address(User(username="marie"), "JBSWY3DPEHPK3PXP", "vigie.example.org")
    'otpauth://totp/Vigie%20vigie.example.org:marie?secret=JBSWY3DPEHPK3PXP&issuer=Vigie%20vigie.example.org'
    """
    issuer = f"Vigie {place}".replace(":", " ")
    query = urlencode({"secret": key, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(user.get_username())}?{query}"


@transaction.atomic
def confirm(user: User, code: str, now: datetime, *, address: str = "") -> tuple[str, ...] | None:
    """Turn the proposed factor on by its first code: the recovery codes, shown only now.

    None when the code is not the right one.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at=None).first()
    if factor is None or not _is_right(factor, code, now):
        return None
    factor.confirmed_at = now
    factor.save(update_fields=["confirmed_at", "last_step"])
    codes = _new_codes(user)
    record(action="second-factor.on", subject=user.username, user=user, address=address)
    return codes


@transaction.atomic
def verify(user: User, code: str, now: datetime, *, address: str = "") -> bool:
    """Whether this code of the app, or recovery code, is right and was not used before."""
    factor = (
        SecondFactor.objects.select_for_update()
        .filter(user=user)
        .exclude(confirmed_at=None)
        .first()
    )
    if factor is None:
        return False
    if _is_right(factor, code, now):
        factor.save(update_fields=["last_step"])
        return True
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(code), used_at=None)
    if not unused.update(used_at=now):
        return False
    left = recovery_codes_left(user)
    record(
        action="second-factor.recovery-code",
        subject=user.username,
        user=user,
        address=address,
        details={"left": left},
    )
    return True


@transaction.atomic
def renew_codes(user: User, *, address: str = "") -> tuple[str, ...]:
    """New recovery codes in place of the old ones. Raises Refused without a second factor."""
    if not is_on(user):
        raise Refused(f"user {user.username!r} has no second factor")
    codes = _new_codes(user)
    record(action="second-factor.new-codes", subject=user.username, user=user, address=address)
    return codes


@transaction.atomic
def reset(user: User, *, by: str, address: str = "") -> None:
    """Take the factor and its recovery codes away. Raises NotFound when there is none."""
    deleted, _ = SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    if not deleted:
        raise NotFound(f"user {user.username!r} has no second factor")
    record(action="second-factor.reset", subject=user.username, actor=by, address=address)


def recovery_codes_left(user: User) -> int:
    """How many have not been used."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _is_right(factor: SecondFactor, code: str, now: datetime) -> bool:
    """Whether it is the app's code for about now; then that step is spent (not yet saved)."""
    key = _key(factor)
    digits = "".join(code.split())
    if not key or len(digits) != _DIGITS or not (digits.isascii() and digits.isdecimal()):
        return False
    totp = TOTP(base64.b32decode(key), step=_STEP_S, digits=_DIGITS)
    totp.time = now.timestamp()
    if not totp.verify(int(digits), _TOLERANCE, factor.last_step + 1):
        return False
    factor.last_step = totp.t()
    return True


def _key(factor: SecondFactor) -> str:
    """Its secret; empty when it was sealed under another secret_key: then it is lost."""
    try:
        return _seal().open(factor.secret.encode())
    except VigieError:
        return ""


def _seal() -> Seal:
    return Seal(settings.SECRET_KEY, "second factors")


def _new_codes(user: User) -> tuple[str, ...]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_digest(code)) for code in codes
    )
    return codes


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def _digest(code: str) -> str:
    """Of a code however it is typed: capitals, spaces, with dashes or without."""
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return salted_hmac("vigie.recovery-code", letters, algorithm="sha256").hexdigest()
