"""What pages ask for, checked."""

from django.http import QueryDict

from controller.fleet.models import KioskKind
from controller.fleet.selectors import Filters
from controller.fleet.standing import Standing


def filters(query: QueryDict) -> Filters:
    """The filters in an address. What is not understood is left out, never an error."""
    kind = query.get("kind", "")
    standing = query.get("standing", "")
    page = query.get("page", "")
    return Filters(
        department=query.get("department", "")[:3],
        kind=kind if kind in KioskKind.values else "",
        standing=standing if standing in tuple(Standing) else "",
        text=query.get("q", "").strip()[:100],
        page=int(page) if page.isdecimal() and len(page) < 6 else 1,
    )
