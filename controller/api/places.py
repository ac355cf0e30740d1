"""Where kiosks stand, and whom a citizen reaches there."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.params.functions import Query

from controller.api.failures import ASKED
from controller.api.pages import Limit, Offset, page
from controller.api.shapes import Failure, SiteItem
from controller.errors import NotFound
from controller.fleet.models import Service, Site

router = Router(tags=["fleet"])


class SitePage(Schema):
    """Some sites, by department, commune and name."""

    count: int
    items: list[SiteItem]


class ServiceItem(Schema):
    """A public service that a citizen can reach."""

    code: str
    name: str


class ServicePage(Schema):
    """Some services, by name."""

    count: int
    items: list[ServiceItem]


@router.get("/sites", response={200: SitePage, ASKED: Failure})
def sites(
    request: HttpRequest,
    department: str = Query("", max_length=3),
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """The places that house kiosks."""
    found = Site.objects.all()
    return page(found.filter(department=department) if department else found, limit, offset)


@router.get("/sites/{code}", response={200: SiteItem, ASKED: Failure})
def site(request: HttpRequest, code: str) -> Site:
    """One place."""
    found = Site.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"there is no site {code[:50]!r}")
    return found


@router.get("/services", response={200: ServicePage, ASKED: Failure})
def services(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> dict[str, Any]:
    """The public services that kiosks lead to."""
    return page(Service.objects.all(), limit, offset)
