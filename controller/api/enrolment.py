"""How kiosks come to be trusted, and cease to be."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from controller.accounts.scopes import Scope
from controller.api.auth import by, caller, needs
from controller.api.failures import ASKED, TOLD
from controller.api.people_shapes import DAY_S
from controller.api.shapes import TEXT, Failure
from controller.enrolment import selectors, services
from controller.enrolment.models import Certificate

router = Router(tags=["enrolment"])


class CertificateItem(Schema):
    """A certificate that a kiosk was given. It is in force until it expires or is revoked."""

    serial: str
    fingerprint: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class NewRight(Schema):
    """For how long the token may be used."""

    model_config = ConfigDict(extra="forbid")

    valid_for_s: int = Field(7 * DAY_S, ge=60, le=90 * DAY_S)


class RightItem(Schema):
    """A one-time token, shown once: `vigie-agent enrol` takes it."""

    kiosk: str
    token: str
    expires_at: datetime


class Revocation(Schema):
    """Why a kiosk is not to be trusted any more."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=TEXT, pattern=r"\S")


class RevokedItem(Schema):
    """What became of it. A broker that was not told will know at its start."""

    certificates: int
    is_broker_told: bool
    is_session_ended: bool


@router.get(
    "/kiosks/{kiosk_id}/certificates",
    response={200: list[CertificateItem], ASKED: Failure},
    **needs(Scope.ADMIN, "enrolment.view_certificate"),
)
def certificates(request: HttpRequest, kiosk_id: str) -> list[Certificate]:
    """A kiosk's certificates, the latest first."""
    (kiosk,) = selectors.kiosks([kiosk_id])
    return list(kiosk.certificates.all())


@router.post(
    "/kiosks/{kiosk_id}/enrolment-token",
    response={201: RightItem, TOLD: Failure},
    **needs(Scope.ADMIN, "enrolment.add_enrolmenttoken"),
)
def enrolment_token(request: HttpRequest, kiosk_id: str, wish: NewRight) -> Status[dict[str, Any]]:
    """A one-time token for a kiosk. One that was not used yet ends."""
    (kiosk,) = selectors.kiosks([kiosk_id])
    lifetime = timedelta(seconds=wish.valid_for_s)
    who = caller(request)
    token = services.make_token(kiosk, lifetime, who.user, address=who.address)
    expires_at = timezone.now() + lifetime
    return Status(201, {"kiosk": kiosk.pk, "token": token, "expires_at": expires_at})


@router.post(
    "/kiosks/{kiosk_id}/revocation",
    response={200: RevokedItem, TOLD: Failure},
    **needs(Scope.ADMIN, "enrolment.change_certificate"),
)
def revoke(request: HttpRequest, kiosk_id: str, wish: Revocation) -> services.Revoked:
    """Take a kiosk's certificates away and throw it off the broker. Again is harmless."""
    who = by(request)
    return services.revoke(kiosk_id, why=wish.why, by=who["user"], address=who["address"])
