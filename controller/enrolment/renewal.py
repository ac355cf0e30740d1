"""A kiosk's next certificate, for the one it shows. Each write in its own transaction, audited.

A certificate has one successor. The kiosk keeps the new key on disk before it asks, so it may ask
again and gets the same; one that asks with another key has a copy of the old one: it is refused,
and the audit says so. The old certificate counts until the kiosk has shown the new one.
"""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from controller.accounts.services import record
from controller.alerts.models import Condition
from controller.alerts.services import clear_condition, set_condition
from controller.enrolment import enforcement, request
from controller.enrolment.authority import Authority, key_digest
from controller.enrolment.models import Certificate
from controller.enrolment.services import Enrolled, enrolled, hold, keep
from controller.errors import EnrolmentError
from controller.fleet.models import Lifecycle

#: The old certificate counts so much longer, should the kiosk have to go back to it.
GRACE = timedelta(hours=1)
#: A kiosk renews thirty days ahead: with less than this left, it could not.
EXPIRING = timedelta(days=14)
CONDITION = "certificate-expiring"


def renew(shown: bytes, csr_pem: str, *, address: str = "", now: datetime) -> Enrolled:
    """The next certificate of the kiosk that showed this one (DER), for the request's key.

    Raises EnrolmentError for a certificate that is not known, revoked, ended or already replaced
    for another key; for a retired kiosk; for a request that is not good.
    """
    authority = Authority(settings.VIGIE.home / "pki")
    key = key_digest(request.read(csr_pem))
    with transaction.atomic():
        present = in_force(shown, now)
        successor = Certificate.objects.filter(replaces=present).first()
        if successor is None:
            return enrolled(_next(present, csr_pem, authority, address), authority)
        if successor.public_key == key and successor.revoked_at is None:
            return enrolled(successor, authority)
        _record(present, "enrolment.clone", address, {"successor": successor.serial})
    raise EnrolmentError(
        f"the certificate {present.serial} of {present.kiosk_id} was replaced already, for another"
        f" key: is this machine a copy? Enrol it anew by `vigie enrol-token {present.kiosk_id}`"
    )


def taken(shown: bytes, *, address: str = "", now: datetime) -> str:
    """The kiosk shows its new certificate (DER): the one before ends after a grace. Its id.

    Said twice, it changes nothing more. Raises EnrolmentError as `renew` does.
    """
    with transaction.atomic():
        present = in_force(shown, now)
        before = present.replaces
        if before is not None and before.ends_at is None and before.revoked_at is None:
            before.ends_at = now + GRACE
            before.save(update_fields=["ends_at"])
            details = {"replaced": before.serial, "ends_at": before.ends_at.isoformat()}
            _record(present, "enrolment.renewed", address, details)
        return present.kiosk_id


def end_replaced(now: datetime) -> int:
    """Revokes what was replaced and whose grace is over; how many.

    Raises VigieError, with nothing revoked, when the list cannot be written: call it again.
    """
    due = Certificate.objects.filter(revoked_at=None, ends_at__lte=now)
    with transaction.atomic():
        ended = due.update(revoked_at=now)
        if ended:
            enforcement.enforce()
    return ended


def notice(now: datetime) -> None:
    """Says which kiosks' certificates end soon, to whom alerts are for; and which no longer do."""
    # One that was given and never shown may not have reached the kiosk.
    in_use = Q(replaces=None) | Q(replaces__ends_at__isnull=False)
    served = Certificate.objects.filter(in_use, revoked_at=None).exclude(
        kiosk__lifecycle=Lifecycle.RETIRED
    )
    last = dict(served.order_by().values_list("kiosk_id").annotate(Max("expires_at")))
    soon = {kiosk: ends for kiosk, ends in last.items() if ends <= now + EXPIRING}
    for kiosk, ends in soon.items():
        set_condition(CONDITION, kiosk, {"expires_at": ends.isoformat()}, now)
    for kiosk in set(Condition.objects.filter(key=CONDITION).values_list("subject", flat=True)):
        if kiosk not in soon:
            clear_condition(CONDITION, kiosk, now)


def in_force(shown: bytes, now: datetime) -> Certificate:
    """The certificate (DER) that a kiosk shows; in a transaction, in which the kiosk is held.

    Raises EnrolmentError when it is not known, revoked or ended, or its kiosk retired.
    """
    if not shown:
        raise EnrolmentError("no certificate was shown: renew with the one you have, or enrol")
    known = Certificate.objects.filter(fingerprint=hashlib.sha256(shown).hexdigest())
    for kiosk in known.values_list("kiosk_id", flat=True):
        hold(kiosk)  # first, as whoever revokes does
    found = known.select_for_update(of=("self",)).select_related("kiosk", "replaces").first()
    if found is None:
        raise EnrolmentError("the certificate shown is no kiosk's: enrol this one")
    if found.revoked_at is not None:
        raise EnrolmentError(
            f"the certificate of {found.kiosk_id} was revoked on {found.revoked_at:%Y-%m-%d %H:%M}"
            f" UTC: enrol it anew by `vigie enrol-token {found.kiosk_id}`"
        )
    if found.expires_at <= now:
        raise EnrolmentError(
            f"the certificate of {found.kiosk_id} ended on {found.expires_at:%Y-%m-%d}: enrol it"
            f" anew by `vigie enrol-token {found.kiosk_id}`"
        )
    if found.kiosk.lifecycle == Lifecycle.RETIRED:
        raise EnrolmentError(f"kiosk {found.kiosk_id} is retired: put it back in service first")
    return found


def _next(present: Certificate, csr_pem: str, authority: Authority, address: str) -> Certificate:
    signed = authority.sign(csr_pem, present.kiosk_id)
    if signed.public_key == present.public_key:
        raise EnrolmentError(f"the request of {present.kiosk_id} has its present key: make another")
    certificate = keep(signed, present.kiosk_id, replaces=present)
    details = {"replaces": present.serial, "expires_at": signed.expires_at.isoformat()}
    _record(certificate, "enrolment.renew", address, details)
    return certificate


def _record(of: Certificate, action: str, address: str, details: dict[str, str]) -> None:
    record(
        action=action,
        subject=of.kiosk_id,
        actor=f"kiosk:{of.kiosk_id}",
        address=address,
        details={"serial": of.serial, **details},
    )
