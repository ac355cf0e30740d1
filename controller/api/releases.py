"""Releases as taken in, by `vigie release import` where their files are."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from controller.accounts.scopes import Scope
from controller.api.auth import by, needs
from controller.api.failures import ASKED, TOLD
from controller.api.pages import Limit, Offset, page
from controller.api.rollout_shapes import ReleaseDetail, ReleasePage, Withdrawal
from controller.api.shapes import Failure
from controller.errors import NotFound
from controller.rollouts import releases as service
from controller.rollouts.models import Release

router = Router(tags=["rollouts"])


@router.get("/releases", response={200: ReleasePage, ASKED: Failure})
def releases(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> dict[str, Any]:
    """All releases, the latest first."""
    return page(Release.objects.all(), limit, offset)


@router.get("/releases/{name}", response={200: ReleaseDetail, ASKED: Failure})
def release(request: HttpRequest, name: str) -> Release:
    """One release with its manifest."""
    found = Release.objects.filter(pk=name).first()
    if found is None:
        raise NotFound(f"no release {name[:64]!r}: list them at /api/releases")
    return found


@router.post(
    "/releases/{name}/withdraw",
    response={200: ReleaseDetail, TOLD: Failure},
    **needs(Scope.CONFIGURE, service.IMPORT),
)
def withdraw(request: HttpRequest, name: str, wish: Withdrawal) -> Release:
    """No rollout begins with it any more; kiosks that have it keep it."""
    return service.withdraw(name, why=wish.why, **by(request))
