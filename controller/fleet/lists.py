"""From the cells of an import to the services, sites and kiosks that it lists. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.fleet.cells import KIOSK, SERVICE, SITE, BadCell, Column
from controller.fleet.tables import Line, Problem, Table, check_columns

#: Values of one thing by field. A column that the file does not have is not in it.
Values = dict[str, Any]


@dataclass(slots=True)
class Listed:
    """What the files list, by code or id."""

    services: dict[str, Values] = field(default_factory=dict)
    sites: dict[str, Values] = field(default_factory=dict)
    kiosks: dict[str, Values] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def listed(kiosks: Table, services: Table | None, known_services: frozenset[str]) -> Listed:
    """What the tables list; `known_services` are codes that need not be in the services' table."""
    found = Listed()
    if services is not None:
        _read_services(services, found)
    _read_kiosks(kiosks, found, known_services | found.services.keys())
    found.problems.sort(key=lambda problem: (problem.file, problem.line))
    return found


def _read_services(table: Table, found: Listed) -> None:
    for line, values in _rows(table, SERVICE, found.problems):
        code = values.pop("code")
        if code in found.services:
            found.problems.append(Problem(table.file, line.number, "code", code, "listed once"))
        found.services[code] = values


def _read_kiosks(table: Table, found: Listed, services: Iterable[str]) -> None:
    known = frozenset(services)
    first_lines: dict[str, int] = {}
    for line, values in _rows(table, (*KIOSK, *SITE), found.problems):

        def complain(column: str, remedy: str, at: Line = line) -> None:
            found.problems.append(Problem(table.file, at.number, column, at.cells[column], remedy))

        kiosk = {name: values.pop(name) for name in _names(KIOSK) if name in values}
        if unknown := sorted(kiosk.get("services", frozenset()) - known):
            complain("services", f"codes of known services: import {unknown[0]!r} with --services")
        if kiosk["kiosk"] in found.kiosks:
            complain("kiosk", "listed once")
        _check_place(values, complain)
        code = kiosk["site"]
        site = {"name": values.pop("site_name"), **values}
        for name in _differences(found.sites.setdefault(code, site), site):
            column = "site_name" if name == "name" else name
            complain(column, f"as on line {first_lines[code]}, of the same site {code}")
        first_lines.setdefault(code, line.number)
        found.kiosks[kiosk.pop("kiosk")] = kiosk


def _check_place(site: Values, complain: Callable[[str, str], None]) -> None:
    if not site["insee"].startswith(site["department"]):
        complain("insee", f"a code that begins with the department {site['department']}")
    for here, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if here in site and site[here] is None and site.get(other) is not None:
            complain(here, f"there when {other} is")


def _rows(
    table: Table, columns: Sequence[Column], problems: list[Problem]
) -> Iterable[tuple[Line, Values]]:
    """Each good line with its values; what is wrong with the others goes to `problems`."""
    problems.extend(table.problems)
    required = [column.name for column in columns if column.is_required]
    if wrong := check_columns(table, required, _names(columns)):
        problems.extend(wrong)
        return
    for line in table.lines:
        values: Values = {}
        bad = []
        for column in columns:
            if column.name not in line.cells:
                continue
            cell = line.cells[column.name]
            try:
                values[column.name] = column.read(cell)
            except BadCell as err:
                bad.append(Problem(table.file, line.number, column.name, cell, str(err)))
        problems.extend(bad)
        if not bad:
            yield line, values


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _differences(one: Values, other: Values) -> list[str]:
    return [name for name in one if one[name] != other[name]]
