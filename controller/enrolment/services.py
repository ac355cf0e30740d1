"""Tokens, certificates and their end. Each write in its own transaction, with its audit entry."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from contract.topics import is_kiosk_id
from controller.accounts.services import record
from controller.enrolment import enforcement, request, tokens
from controller.enrolment.authority import Authority, Signed, key_digest
from controller.enrolment.models import Certificate, EnrolmentToken
from controller.errors import EnrolmentError, NotFound, Refused
from controller.fleet.models import Kiosk, Lifecycle

TOKEN_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a kiosk is given."""

    kiosk: str
    certificate: str  # PEM
    ca: str  # PEM
    broker_host: str
    broker_port: int


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


def redeem(token: str, csr_pem: str, *, address: str = "") -> Enrolled:
    """A certificate for the token's kiosk and the request's key. Certificates it had are revoked.

    A kiosk that comes again with the same token and the same key, because the answer was lost, gets
    the same certificate. Raises EnrolmentError for anything that is not good.
    """
    authority = _authority()
    given = tokens.parse(token)
    if given.fingerprint != authority.fingerprint:
        raise EnrolmentError("the token was made by another controller: make one on this one")
    with transaction.atomic():
        right = _right(given.digest)
        if right.used_at is not None:
            return enrolled(_given_before(right, csr_pem), authority)
        signed = authority.sign(csr_pem, right.kiosk_id)
        ended = _end(right.kiosk_id, signed.issued_at)
        certificate = _give(right, signed)
        record(
            action="enrolment.redeem",
            subject=right.kiosk_id,
            actor=f"kiosk:{right.kiosk_id}",
            address=address,
            details={"serial": signed.serial, "certificates_revoked": ended},
        )
    if Certificate.objects.filter(kiosk_id=right.kiosk_id).exclude(revoked_at=None).exists():
        enforcement.enforce(evicting=[right.kiosk_id] if ended else [])
    return enrolled(certificate, authority)


def revoke(
    kiosk_id: str,
    *,
    why: str,
    by: User | None = None,
    actor: str = "",
    address: str = "",
) -> Revoked:
    """Takes a kiosk's certificates and unused tokens away, and throws it off the broker.

    Safe to call again: what was not enforced then is enforced now. Raises NotFound.
    """
    with transaction.atomic():
        if not Kiosk.objects.filter(pk=kiosk_id).exists():
            raise NotFound(f"no kiosk {kiosk_id!r}: `vigie fleet` shows them")
        EnrolmentToken.objects.filter(kiosk_id=kiosk_id, used_at=None).delete()
        ended = _end(kiosk_id, timezone.now())
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


def enrolled(certificate: Certificate, authority: Authority) -> Enrolled:
    """What a kiosk with this certificate is told."""
    config = settings.VIGIE
    return Enrolled(
        kiosk=certificate.kiosk_id,
        certificate=certificate.pem,
        ca=authority.ca_pem,
        broker_host=config.broker.public_host or config.kiosk_door.names[0],
        broker_port=config.broker.port,
    )


def _authority() -> Authority:
    return Authority(settings.VIGIE.home / "pki")
