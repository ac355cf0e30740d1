"""Whether kiosks are as their release and their configuration say."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from controller.accounts.scopes import Scope
from controller.api.auth import by, needs
from controller.api.failures import ASKED, TOLD
from controller.api.pages import Limit, Offset, page
from controller.api.rollout_shapes import (
    CheckWish,
    ComplianceItem,
    CompliancePage,
    FleetCompliance,
)
from controller.api.shapes import Failure
from controller.errors import NotFound
from controller.fleet.models import Kiosk
from controller.rollouts import selectors, services
from controller.rollouts.models import Compliance
from controller.rollouts.stages import Compliant

router = Router(tags=["rollouts"])


@router.get("/compliance", response={200: FleetCompliance, ASKED: Failure})
def fleet(request: HttpRequest) -> dict[str, int]:
    """The fleet in numbers: kiosks in service."""
    return {str(state): number for state, number in selectors.fleet_compliance().items()}


@router.get("/compliance/kiosks", response={200: CompliancePage, ASKED: Failure})
def not_compliant(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> dict[str, Any]:
    """Those that drifted, then those that could not be checked."""
    return page(
        selectors.not_compliant(), limit, offset, lambda rows: [_item(row.pk, row) for row in rows]
    )


@router.get("/compliance/kiosks/{kiosk_id}", response={200: ComplianceItem, ASKED: Failure})
def kiosk(request: HttpRequest, kiosk_id: str) -> dict[str, Any]:
    """One kiosk, with what would change; unknown while it was never checked."""
    if not Kiosk.objects.filter(pk=kiosk_id).exists():
        raise NotFound(f"no kiosk {kiosk_id[:63]!r}: list them at /api/kiosks")
    return _item(kiosk_id, selectors.compliance(kiosk_id))


@router.post(
    "/compliance/check",
    response={204: None, TOLD: Failure},
    **needs(Scope.ACT, services.PROPOSE),
)
def check(request: HttpRequest, wish: CheckWish) -> Status[None]:
    """Have these asked at the next turn. It changes nothing on them."""
    services.check_soon(wish.kiosks, **by(request))
    return Status(204, None)


def _item(kiosk_id: str, found: Compliance | None) -> dict[str, Any]:
    return {
        "kiosk": kiosk_id,
        "state": found.state if found else Compliant.UNKNOWN,
        "reason": found.reason if found else "",
        "since": found.since if found else None,
        "checked_at": found.checked_at if found else None,
        "release": found.release if found else "",
        "differences": found.differences if found else [],
    }
