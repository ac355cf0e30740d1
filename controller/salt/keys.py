"""The kiosks' minions' keys: what is to be on the master, and laying it there.

The newest key of a kiosk that has not ended is the one to be there; a kiosk with none is to have
none there. Salt may be away: whoever gives a key only notes it, and `lay` brings the master into
line, as often as it takes. Two who lay at once find out, for each looks again after it has done so.
"""

import hashlib
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction
from django.db.models import F, QuerySet

from controller.errors import EnrolmentError
from controller.salt.models import MinionKey
from controller.salt.port import Misunderstood

MIN_BITS, MAX_BITS = 2048, 8192
#: So many at a time: a whole region enrolled in one morning holds up nobody else.
_AT_ONCE = 50
#: Whoever lays a key has done so, or been killed.
_INTENT_LIFE = timedelta(minutes=1)
_log = logging.getLogger("vigie.salt")


class Master(Protocol):
    """As much of a `port.Port` as keys need."""

    def accept(self, kiosk: str, public_key: str) -> None:
        """See Port."""

    def remove(self, kiosk: str) -> None:
        """See Port."""


def read(pem: str) -> str:
    """The key in `pem` as it is kept and laid. Raises EnrolmentError when it is none for Salt.

    Salt compares texts: one key has one.
    """
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii", "replace"))
    except (ValueError, UnsupportedAlgorithm) as err:
        raise EnrolmentError("minion_key cannot be read, must be a public RSA key in PEM") from err
    if not isinstance(key, rsa.RSAPublicKey) or not MIN_BITS <= key.key_size <= MAX_BITS:
        size = getattr(key, "key_size", "?")
        raise EnrolmentError(
            f"minion_key is a {type(key).__name__.removeprefix('_')} of {size} bits, must be an RSA"
            f" key of {MIN_BITS} to {MAX_BITS} bits"
        )
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def current(kiosk_id: str) -> str | None:
    """The key that counts, as `read` gives it; None: the kiosk has no minion."""
    found = MinionKey.objects.filter(kiosk_id=kiosk_id, ended_at=None).first()
    return found.public_key if found is not None else None


def laid_at(kiosk_id: str) -> datetime | None:
    """When the key that counts was laid; None: it was not yet, or there is none."""
    found = MinionKey.objects.filter(kiosk_id=kiosk_id, ended_at=None).first()
    return found.laid_at if found is not None else None


def digest(public_key: str) -> str:
    """SHA-256 of its text, hexadecimal: what an audit may hold of it."""
    return hashlib.sha256(public_key.encode("ascii")).hexdigest()


def intend(kiosk_id: str, public_key: str, now: datetime) -> None:
    """Note that this key is about to be laid, and does not count before it is given.

    Whoever notes it and is killed leaves it open which key the master has: after a while the one
    that counts is laid again.
    """
    if current(kiosk_id) == public_key:
        return
    _intents().filter(kiosk_id=kiosk_id).delete()
    MinionKey.objects.create(kiosk_id=kiosk_id, public_key=public_key, given_at=now, ended_at=now)


def give(kiosk_id: str, public_key: str, now: datetime, *, is_laid: bool = False) -> None:
    """Note that this key (from `read`) counts from now on, and whether the master has it already.

    In a transaction of the caller's, who keeps others from doing so for the same kiosk.
    """
    present = MinionKey.objects.filter(kiosk_id=kiosk_id, ended_at=None)
    key = present.filter(public_key=public_key).first()
    if key is None:
        present.update(ended_at=now)
        _intents().filter(kiosk_id=kiosk_id).delete()
        key = MinionKey.objects.create(kiosk_id=kiosk_id, public_key=public_key, given_at=now)
    if is_laid:
        _note_laid(key, now)


def end(kiosk_id: str, now: datetime) -> bool:
    """The kiosk's minion is to be heard no more; whether it had a key. See `give`."""
    return MinionKey.objects.filter(kiosk_id=kiosk_id, ended_at=None).update(ended_at=now) > 0


def doubt(kiosk_ids: Collection[str]) -> None:
    """The master may not have these kiosks' keys as noted: they are laid again."""
    MinionKey.objects.filter(kiosk_id__in=kiosk_ids, ended_at=None).update(laid_at=None)


def lay(master: Master, now: datetime) -> bool:
    """Bring the master into line, a part at a time; whether there is more to do at once.

    Raises PortError when Salt does not do so; what was done until then is noted.
    """
    stale = _intents().filter(given_at__lte=now - _INTENT_LIFE)
    doubt(list(stale.values_list("kiosk_id", flat=True)))
    ended = _ended_not_removed(now)[:_AT_ONCE]
    missing = MinionKey.objects.filter(ended_at=None, laid_at=None).order_by("pk")[:_AT_ONCE]
    refused = [
        *(_try(partial(_remove, master, kiosk_id, now)) for kiosk_id in ended),
        *(_try(partial(_accept, master, key, now)) for key in missing),
    ]
    for error in filter(None, refused):
        raise error
    return len(ended) == _AT_ONCE or len(missing) == _AT_ONCE


def _try(act: Callable[[], None]) -> Misunderstood | None:
    """What is wrong with one kiosk must not hold up the others."""
    try:
        act()
    except Misunderstood as err:
        return err
    return None


def _remove(master: Master, kiosk_id: str, now: datetime) -> None:
    master.remove(kiosk_id)
    _note_removed(kiosk_id, now)


def _accept(master: Master, key: MinionKey, now: datetime) -> None:
    master.accept(key.kiosk_id, key.public_key)
    _note_laid(key, now)


def _intents() -> QuerySet[MinionKey]:
    return MinionKey.objects.filter(laid_at=None, removed_at=None, ended_at=F("given_at"))


def _ended_not_removed(now: datetime) -> list[str]:
    """Kiosks that are to have no key on the master, and may have one there."""
    rows = MinionKey.objects.filter(removed_at=None).exclude(ended_at=None)
    rows = rows.exclude(pk__in=_intents().filter(given_at__gt=now - _INTENT_LIFE))
    live = MinionKey.objects.filter(ended_at=None).values("kiosk_id")
    gone = rows.exclude(kiosk_id__in=live).order_by("kiosk_id")
    return list(gone.values_list("kiosk_id", flat=True).distinct())


@transaction.atomic
def _note_laid(key: MinionKey, now: datetime) -> None:
    laid = MinionKey.objects.filter(pk=key.pk, ended_at=None).update(laid_at=now)
    if not laid:  # another took its place meanwhile, and may have been laid before this one
        doubt([key.kiosk_id])
        return
    older = MinionKey.objects.filter(kiosk_id=key.kiosk_id, removed_at=None).exclude(pk=key.pk)
    older.update(removed_at=now)
    _log.info("the Salt master has the key of %s", key.kiosk_id)


@transaction.atomic
def _note_removed(kiosk_id: str, now: datetime) -> None:
    if current(kiosk_id) is not None:  # given meanwhile, and taken off again just now
        doubt([kiosk_id])
        return
    MinionKey.objects.filter(kiosk_id=kiosk_id, removed_at=None).update(removed_at=now)
    _log.info("the Salt master has no key of %s any more", kiosk_id)
