"""A kiosk's minion is given another key: noted, and on the master, before the kiosk is told so.

What is about to be laid is noted before. Unless this goes through, the worker lays the key before
anew: so whoever is cut off where, kiosk, controller or master, the key that the kiosk holds is the
one the master has, or will have.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from msgspec import Struct

from controller.accounts.services import record
from controller.enrolment import renewal
from controller.errors import EnrolmentError, Refused
from controller.salt import keys
from controller.salt.offer import offered
from controller.salt.port import PortError
from controller.salt.terms import MinionTerms


class Exchanged(Struct, frozen=True):
    """What the kiosk is told: its new key is on the master."""

    kiosk: str
    salt: MinionTerms
    release_keys: dict[str, str]


def exchange(
    shown: bytes, minion_key: str, master: keys.Master | None, *, address: str = "", now: datetime
) -> Exchanged:
    """Take a kiosk's new key (public, PEM), by the certificate (DER) it shows. Again is harmless.

    Raises EnrolmentError for a certificate or key that is not good, Refused in a region without
    Salt, PortError when the master cannot be told: the key before stays the one that counts.
    """
    key = keys.read(minion_key)
    offer = offered(settings.VIGIE)
    if offer is None or master is None:
        raise Refused("this region has no Salt master: there is nothing to exchange a key with")
    with transaction.atomic():
        kiosk = renewal.in_force(shown, now).kiosk_id
        before = keys.laid_at(kiosk)
        keys.intend(kiosk, key, now)
    try:
        master.accept(kiosk, key)
    except PortError:
        keys.doubt([kiosk])  # it may have arrived all the same
        raise
    refusal, is_laid = _note(shown, kiosk, key, before, address, now)
    if not is_laid:
        keys.lay(master, now)
    if refusal is not None:
        raise refusal
    return Exchanged(kiosk, offer.salt, offer.release_keys)


@transaction.atomic
def _note(
    shown: bytes, kiosk: str, key: str, before: datetime | None, address: str, now: datetime
) -> tuple[EnrolmentError | None, bool]:
    """Why the kiosk may not have it after all, and whether the master surely has what it should."""
    refusal = None
    try:
        renewal.in_force(shown, now)
    except EnrolmentError as err:  # revoked while the master was told
        refusal = err
    is_new = keys.current(kiosk) != key
    # Else the worker has laid the one before meanwhile, maybe over ours.
    is_laid = not is_new or keys.laid_at(kiosk) == before
    keys.give(kiosk, key, now, is_laid=is_laid or refusal is not None)
    if refusal is not None:
        keys.end(kiosk, now)
        return refusal, False
    if is_new:
        record(
            action="enrolment.minion-key",
            subject=kiosk,
            actor=f"kiosk:{kiosk}",
            address=address,
            details={"digest": keys.digest(key)},
        )
    return None, is_laid
