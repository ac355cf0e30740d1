"""What calls ask lists by: a page (`limit`, `offset`; out comes `count` of all), and moments."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from ninja.params.functions import Query
from pydantic import AwareDatetime, Field

Limit = Query(100, ge=1, le=500)
Offset = Query(0, ge=0, le=2**31)

#: A time with its zone, far from where a change of zone leaves the calendar.
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2100, 1, 1, tzinfo=UTC))
]

Row = TypeVar("Row", bound=Model)


def page(
    found: QuerySet[Row],
    limit: int,
    offset: int,
    shown: Callable[[Iterable[Row]], Sequence[Any]] = list,
) -> dict[str, Any]:
    """One page of what was found, as a `...Page` takes it."""
    return {"count": found.count(), "items": shown(found[offset : offset + limit])}
