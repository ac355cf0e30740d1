"""What may stand in each cell of an import: a check a column. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from contract.topics import KIOSK_PATTERN, is_kiosk_id
from controller.fleet.hours import is_open
from controller.fleet.models import HostType, KioskKind, Lifecycle

_SLUG = re.compile(r"[a-zA-Z0-9_-]{1,50}")
# https://www.insee.fr/fr/information/2560452: two Corsican letters, three digits overseas.
_INSEE = re.compile(r"(\d\d|2[AB])\d{3}")
_DEPARTMENT = re.compile(r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-8]|98[678]")


class BadCell(ValueError):  # noqa: N818 - reads as what it is
    """The remedy for a cell that cannot be."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `read` turns a cell into its value or raises BadCell."""

    name: str
    read: Callable[[str], Any]
    is_required: bool = False


def _text(longest: int, *, is_required: bool = False) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if is_required and not cell:
            raise BadCell("there")
        if len(cell) > longest or "\0" in cell:
            raise BadCell(f"a text of at most {longest} characters")
        return cell

    return read


def _choice(
    choices: type[models.TextChoices], default: models.TextChoices | None = None
) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if not cell and default is not None:
            return str(default.value)
        if cell not in choices.values:
            raise BadCell(f"one of: {', '.join(choices.values)}")
        return cell

    return read


def _matching(pattern: re.Pattern[str], remedy: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if not pattern.fullmatch(cell):
            raise BadCell(remedy)
        return cell

    return read


def _degrees(limit: int) -> Callable[[str], float | None]:
    def read(cell: str) -> float | None:
        if not cell:
            return None
        try:
            value = float(cell.replace(",", "."))  # a French spreadsheet writes 45,55
        except ValueError:
            value = float("nan")
        if not -limit <= value <= limit:
            raise BadCell(f"degrees from -{limit} to {limit}, as 45.55")
        return value

    return read


def _kiosk(cell: str) -> str:
    if not is_kiosk_id(cell):
        raise BadCell(f"like pvp-63003-1: {KIOSK_PATTERN}, and not begin with vigie-")
    return cell


def _codes(cell: str) -> frozenset[str]:
    codes = frozenset(code.strip() for code in cell.split(";") if code.strip())
    if bad := sorted(code for code in codes if not _SLUG.fullmatch(code)):
        raise BadCell(f"codes of letters, digits, - and _ separated by ; ({bad[0]!r} is none)")
    return codes


def _hours(cell: str) -> str:
    if len(cell) > 255 or (cell and is_open(cell, datetime(2026, 1, 1)) is None):  # noqa: DTZ001
        raise BadCell("opening hours such as Mo-Fr 09:00-12:00,14:00-17:30; Sa off")
    return cell


_SLUG_REMEDY = "1 to 50 letters, digits, - and _"

KIOSK = (
    Column("kiosk", _kiosk, is_required=True),
    Column("kind", _choice(KioskKind), is_required=True),
    Column("lifecycle", _choice(Lifecycle, Lifecycle.ACTIVE)),
    Column("label", _text(150)),
    Column("services", _codes),
    Column("site", _matching(_SLUG, _SLUG_REMEDY), is_required=True),
)
SITE = (
    Column("site_name", _text(150, is_required=True), is_required=True),
    Column("host_type", _choice(HostType), is_required=True),
    Column("commune", _text(100, is_required=True), is_required=True),
    Column("insee", _matching(_INSEE, "an INSEE code of 5 characters, as 63003"), is_required=True),
    Column(
        "department",
        _matching(_DEPARTMENT, "a department's number, as 03, 2A or 974"),
        is_required=True,
    ),
    Column("latitude", _degrees(90)),
    Column("longitude", _degrees(180)),
    Column("opening_hours", _hours),
    Column("contact", _text(255)),
    Column("provider", _text(100)),
)
SERVICE = (
    Column("code", _matching(_SLUG, _SLUG_REMEDY), is_required=True),
    Column("name", _text(150, is_required=True), is_required=True),
)
