"""Tokens, certificates and their end. Each write in its own transaction, with its audit entry."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from msgspec import Struct

from contract.topics import is_kiosk_id
from controller.accounts.services import record
from controller.enrolment import enforcement, request, tokens
from controller.enrolment.authority import Authority, Signed, key_digest
from controller.enrolment.models import Certificate, EnrolmentToken
from controller.errors import EnrolmentError, NotFound, Refused
from controller.fleet.models import Kiosk, Lifecycle
from controller.salt import keys
from controller.salt.offer import Offer, offered
from controller.salt.terms import MinionTerms

TOKEN_LIFE = timedelta(days=7)


class Enrolled(Struct, frozen=True, omit_defaults=True):
    """What a kiosk is given; the last two where it gave a minion's key and there is a master."""

    kiosk: str
    certificate: str  # PEM
    ca: str  # PEM
    broker_host: str
    broker_port: int
    salt: MinionTerms | None = None
    release_keys: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Revoked:
    """What became of a revocation."""

    certificates: int
    is_broker_told: bool  # False: no broker runs on this machine, or it will read it at its start
    is_session_ended: bool


@transaction.atomic
def make_token(
    kiosk: Kiosk,
    lifetime: timedelta = TOKEN_LIFE,
    by: User | None = None,
    *,
    actor: str = "",
    address: str = "",
) -> str:
    """A one-time token for a kiosk; it cannot be shown again. One that was not used yet ends.

    Raises Refused for a retired kiosk or an id that is the controller's own.
    """
    if not is_kiosk_id(kiosk.id):
        raise Refused(f"kiosk {kiosk.id} has a reserved name: give it another id")
    if kiosk.lifecycle == Lifecycle.RETIRED:
        raise Refused(f"kiosk {kiosk.id} is retired: put it back in service first")
    token = tokens.make(_authority().fingerprint)
    now = timezone.now()
    EnrolmentToken.objects.filter(kiosk=kiosk, used_at=None).delete()
    EnrolmentToken.objects.create(
        kiosk=kiosk,
        digest=token.digest,
        created_at=now,
        expires_at=now + lifetime,
        created_by=by,
    )
    record(
        action="enrolment.token",
        subject=kiosk.id,
        user=by,
        actor=actor,
        address=address,
        details={"expires_at": (now + lifetime).isoformat()},
    )
    return str(token)


def redeem(
    token: str, csr_pem: str, *, minion_key: str | None = None, address: str = ""
) -> Enrolled:
    """A certificate for the token's kiosk and the request's key. Certificates it had are revoked.

    `minion_key` (public, PEM) is that of its Salt minion, in place of any it had; without one, the
    kiosk has no minion.

    A kiosk that comes again with the same token and the same key, because the answer was lost, gets
    the same certificate. Raises EnrolmentError for anything that is not good.
    """
    authority = _authority()
    given = tokens.parse(token)
    if given.fingerprint != authority.fingerprint:
        raise EnrolmentError("the token was made by another controller: make one on this one")
    key = keys.read(minion_key) if minion_key is not None else None
    offer = offered(settings.VIGIE) if key is not None else None
    with transaction.atomic():
        right = _right(given.digest)
        if right.used_at is not None:
            certificate = _given_before(right, csr_pem)
            if key is not None and offer is not None:
                _take_again(right.kiosk_id, key)
            return enrolled(certificate, authority, offer)
        signed = authority.sign(csr_pem, right.kiosk_id)
        ended = _end(right.kiosk_id, signed.issued_at)
        certificate = _give(right, signed)
        if key is not None and offer is not None:
            keys.give(right.kiosk_id, key, signed.issued_at)
        else:
            keys.end(right.kiosk_id, signed.issued_at)
        record(
            action="enrolment.redeem",
            subject=right.kiosk_id,
            actor=f"kiosk:{right.kiosk_id}",
            address=address,
            details={"serial": signed.serial, "certificates_revoked": ended},
        )
    if Certificate.objects.filter(kiosk_id=right.kiosk_id).exclude(revoked_at=None).exists():
        enforcement.enforce(evicting=[right.kiosk_id] if ended else [])
    return enrolled(certificate, authority, offer)


def revoke(
    kiosk_id: str,
    *,
    why: str,
    by: User | None = None,
    actor: str = "",
    address: str = "",
) -> Revoked:
    """Takes a kiosk's certificates and unused tokens away, and throws it off the broker; the worker
    takes its minion's key off the Salt master.

    Safe to call again: what was not enforced then is enforced now. Raises NotFound.
    """
    with transaction.atomic():
        if not Kiosk.objects.filter(pk=kiosk_id).exists():
            raise NotFound(f"no kiosk {kiosk_id!r}: `vigie fleet` shows them")
        EnrolmentToken.objects.filter(kiosk_id=kiosk_id, used_at=None).delete()
        now = timezone.now()
        ended = _end(kiosk_id, now)
        keys.end(kiosk_id, now)
        record(
            action="enrolment.revoke",
            subject=kiosk_id,
            user=by,
            actor=actor,
            why=why,
            address=address,
            details={"certificates": ended},
        )
    told = enforcement.enforce(evicting=[kiosk_id])
    return Revoked(ended, told.is_broker_told, kiosk_id in told.evicted)


def _right(digest: str) -> EnrolmentToken:
    try:
        right = (
            EnrolmentToken.objects.select_for_update(of=("self",))
            .select_related("kiosk")
            .get(digest=digest)
        )
    except EnrolmentToken.DoesNotExist as err:
        raise EnrolmentError(
            "the token is not known: it was replaced by a newer one, or the kiosk was revoked"
        ) from err
    if right.expires_at <= timezone.now():
        raise EnrolmentError(
            f"the token of {right.kiosk_id} expired on {right.expires_at:%Y-%m-%d %H:%M} UTC:"
            f" make one by `vigie enrol-token {right.kiosk_id}`"
        )
    if right.kiosk.lifecycle == Lifecycle.RETIRED:
        raise EnrolmentError(f"kiosk {right.kiosk_id} is retired: put it back in service first")
    return right


def _given_before(right: EnrolmentToken, csr_pem: str) -> Certificate:
    certificate = Certificate.objects.filter(token=right, revoked_at=None).first()
    if certificate is None or certificate.public_key != key_digest(request.read(csr_pem)):
        raise EnrolmentError(
            f"the token of {right.kiosk_id} was used on {right.used_at:%Y-%m-%d %H:%M} UTC: make"
            f" another by `vigie enrol-token {right.kiosk_id}`"
        )
    return certificate


def _take_again(kiosk_id: str, key: str) -> None:
    """The answer was lost, or there was no Salt then. Who may ask again may not change the key."""
    hold(kiosk_id)
    present = keys.current(kiosk_id)
    if present is None:
        keys.give(kiosk_id, key, timezone.now())
    elif present != key:
        raise EnrolmentError(
            f"the minion of {kiosk_id} has another key than this: make another token by `vigie"
            f" enrol-token {kiosk_id}`"
        )


def hold(kiosk_id: str) -> None:
    """Until the transaction ends, nobody else gives this kiosk a certificate or takes one away:
    who revokes sees no row that another has not committed yet."""
    Kiosk.objects.select_for_update(no_key=True).filter(pk=kiosk_id).first()


def _end(kiosk_id: str, now: datetime) -> int:
    hold(kiosk_id)
    return Certificate.objects.filter(kiosk_id=kiosk_id, revoked_at=None).update(revoked_at=now)


def _give(right: EnrolmentToken, signed: Signed) -> Certificate:
    right.used_at = signed.issued_at
    right.save(update_fields=["used_at"])
    return keep(signed, right.kiosk_id, token=right)


def keep(
    signed: Signed,
    kiosk_id: str,
    *,
    token: EnrolmentToken | None = None,
    replaces: Certificate | None = None,
) -> Certificate:
    """Note a certificate that was given to a kiosk, for a token or in place of its present one."""
    return Certificate.objects.create(
        kiosk_id=kiosk_id,
        token=token,
        replaces=replaces,
        serial=signed.serial,
        fingerprint=signed.fingerprint,
        public_key=signed.public_key,
        issued_at=signed.issued_at,
        expires_at=signed.expires_at,
        pem=signed.pem,
    )


def enrolled(
    certificate: Certificate, authority: Authority, offer: Offer | None = None
) -> Enrolled:
    """What a kiosk with this certificate is told."""
    config = settings.VIGIE
    return Enrolled(
        kiosk=certificate.kiosk_id,
        certificate=certificate.pem,
        ca=authority.ca_pem,
        broker_host=config.broker.public_host or config.kiosk_door.names[0],
        broker_port=config.broker.port,
        salt=offer.salt if offer is not None else None,
        release_keys=offer.release_keys if offer is not None else None,
    )


def _authority() -> Authority:
    return Authority(settings.VIGIE.home / "pki")
