"""Lists in pages: `limit` and `offset` in, `count` of all and some `items` out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from ninja.params.functions import Query

Limit = Query(100, ge=1, le=500)
Offset = Query(0, ge=0, le=2**31)

Row = TypeVar("Row", bound=Model)


def page(
    found: QuerySet[Row],
    limit: int,
    offset: int,
    shown: Callable[[Iterable[Row]], Sequence[Any]] = list,
) -> dict[str, Any]:
    """One page of what was found, as a `...Page` takes it."""
    return {"count": found.count(), "items": shown(found[offset : offset + limit])}
