"""Long lists cut into pages: filters from the address, checked, and the links that keep them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

from contract.commands import CATALOGUE, CommandState
from controller.fleet.models import Department

ROWS = 50
Narrow = Callable[[QuerySet[Any], str], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: what it takes, any text when `choices` is empty, and how it narrows a list."""

    name: str
    narrow: Narrow
    choices: tuple[str, ...] = ()

    def read(self, query: QueryDict) -> str:
        """What is asked for. What is not understood is left out, never an error."""
        asked = query.get(self.name, "").strip().replace("\0", "")[:150]
        return asked if not self.choices or asked in self.choices else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list, with the filters that made it."""

    page: Page[Any]
    asked: Mapping[str, str]

    @property
    def rows(self) -> Sequence[Any]:
        """What is on it."""
        return self.page.object_list  # type: ignore[return-value] # evaluated by `page`

    @property
    def are_set(self) -> bool:
        """Whether anything is left out."""
        return bool(self.asked)

    @property
    def query(self) -> str:
        """The filters as part of an address, without the page."""
        return urlencode(self.asked)


def page(
    rows: QuerySet[Any] | Sequence[Any], query: QueryDict, filters: Sequence[Filter]
) -> Listed:
    """The page of `rows` that an address asks for: two queries."""
    asked = {one.name: said for one in filters if (said := one.read(query))}
    for one in filters:
        if one.name in asked and isinstance(rows, QuerySet):
            rows = one.narrow(rows, asked[one.name])
    wanted = query.get("page", "")
    paginator: Paginator[Any] = Paginator(rows, ROWS)
    found = paginator.get_page(int(wanted) if wanted.isdecimal() and len(wanted) < 6 else 1)
    found.object_list = list(found.object_list)
    return Listed(found, asked)


def choose(field: str, name: str, *choices: str) -> Filter:
    """A filter of rows whose `field` is what was chosen."""
    return Filter(name, lambda rows, asked: rows.filter(**{field: asked}), choices)


DEPARTMENTS = tuple(Department.values)
COMMANDS: tuple[Filter, ...] = (
    choose("name", "name", *(entry.name for entry in CATALOGUE)),
    choose("state", "state", *CommandState),
    choose("kiosk__site__department", "department"),
    choose("kiosk_id", "kiosk"),
    choose("by__username", "by"),
)
