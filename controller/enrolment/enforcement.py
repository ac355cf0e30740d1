"""Brings the broker into line with what the database says of certificates; repeatable."""

import fcntl
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from contract.messages import Presence
from controller.atomic import PUBLIC, write
from controller.enrolment import broker
from controller.enrolment.authority import Authority
from controller.enrolment.broker import BrokerFiles
from controller.enrolment.eviction import Address, evict
from controller.enrolment.models import Certificate
from controller.errors import VigieError
from controller.fleet.models import Status

#: How old a revocation list may grow; it ends after 30 days, and with it every connection.
FRESH_FOR = timedelta(days=1)
#: Mosquitto looks for a signal once in a turn of its loop, at most 100 ms apart.
_RELOAD_S = 0.3
_log = logging.getLogger("vigie.enrolment")


@dataclass(frozen=True, slots=True)
class Enforced:
    """What was reached."""

    is_broker_told: bool  # False: none runs on this machine; it reads all at its start
    evicted: frozenset[str]


def enforce(*, evicting: Sequence[str] = ()) -> Enforced:
    """Writes CRL and ACL, has the broker read them, and ends the sessions of `evicting`.

    The list comes first, so that who is thrown off stays off; the ACL, which silences what is left
    of a session, last, because it would also refuse the word that the kiosk has gone. Raises
    VigieError when the files cannot be written.
    """
    where = broker.files(settings.VIGIE.home)
    with _alone(where):
        write_crl(where)
        is_told = broker.reload(where)
        evicted: frozenset[str] = frozenset()
        if evicting:
            time.sleep(_RELOAD_S if is_told else 0)
            evicted = frozenset(kiosk for kiosk in evicting if _evict(where, kiosk))
        broker.write_acl(where, denied())
        broker.reload(where)
    return Enforced(is_told, evicted)


def refresh(now: datetime) -> bool:
    """Enforces when the revocation list is a day old; whether it was."""
    crl = broker.files(settings.VIGIE.home).crl
    if crl.exists() and now.timestamp() - crl.stat().st_mtime < FRESH_FOR.total_seconds():
        return False
    enforce()
    return True


def denied() -> list[str]:
    """Ids of the kiosks that had certificates and have none left."""
    counts = Certificate.objects.values("kiosk_id").annotate(
        live=Count("pk", filter=Q(revoked_at=None))
    )
    return sorted(counts.filter(live=0).values_list("kiosk_id", flat=True))


def write_crl(where: BrokerFiles) -> None:
    """Lists what is revoked and would not have ended by itself."""
    revoked = Certificate.objects.filter(
        revoked_at__isnull=False, expires_at__gt=timezone.now()
    ).values_list("serial", "revoked_at")
    pairs = [(serial, at) for serial, at in revoked if at is not None]
    write(where.crl, Authority(where.pki).crl(pairs), PUBLIC)


def _evict(where: BrokerFiles, kiosk: str) -> bool:
    config = settings.VIGIE.broker
    address = Address(config.host, config.port)
    return evict(Authority(where.pki), address, kiosk, _last_word(kiosk))


def _last_word(kiosk: str) -> Presence | None:
    """That the kiosk has gone, in the words of its own session; None when it is not there."""
    status = Status.objects.filter(kiosk_id=kiosk, is_online=True).first()
    if status is None or not status.session:
        return None
    return Presence(
        session=status.session,
        is_online=False,
        at=timezone.now(),
        boot_id=status.boot_id,
        agent_version=status.agent_version,
        reason="revoked",
    )


@contextmanager
def _alone(where: BrokerFiles) -> Iterator[None]:
    """One process at a time, else an older list could be written over a newer one."""
    try:
        where.folder.mkdir(mode=0o700, exist_ok=True)
        with (where.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as err:
        raise VigieError(
            f"{err.filename or where.folder} cannot be written ({err.strerror}): the revocation is"
            " recorded, and in force once `vigie revoke` is repeated"
        ) from err
