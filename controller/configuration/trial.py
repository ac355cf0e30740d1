"""What an edit would do, before it is done: which kiosks it changes, which it would break."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.configuration import sealed, selectors, validate
from controller.configuration.book import Book, book
from controller.configuration.errors import Invalid
from controller.configuration.merge import LayerId
from controller.configuration.models import Revision
from controller.configuration.problems import Problem
from controller.errors import NotFound, Refused
from controller.fleet.models import Department, Kiosk, Site


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a layer's next revision."""

    before: Mapping[str, Any]  # what the layer says now, as stored
    after: Mapping[str, Any]  # what it would say, as stored
    changes: tuple[Kiosk, ...]  # whose whole would be another than the newest one is
    broken: Mapping[str, list[Problem]]  # a kiosk's id -> what its whole would newly lack


def stored(document: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody gave, checked and its secrets sealed. Raises Invalid."""
    validate.require(document)
    if masks := sealed.maskless(document, before):
        raise Invalid(masks)
    return sealed.closed(document, before)


def outcome(layer: LayerId, after: Mapping[str, Any]) -> Outcome:
    """What would come of it if the layer said `after`, as stored."""
    last = selectors.newest()
    present = book(last.pk if last else None)
    would = present.with_layer(layer, after)
    among = selectors.kiosks(layer)
    return Outcome(
        present.says(layer),
        after,
        tuple(selectors.differing(present, would, among)),
        _broken(present, would, among),
    )


def require_place(layer: LayerId) -> None:
    """Raises Refused for a scope that is none, NotFound for a place that is none."""
    match layer.scope:
        case Revision.Scope.REGION:
            is_there = not layer.place
        case Revision.Scope.DEPARTMENT:
            is_there = (
                layer.place in Department.values
                or Site.objects.filter(department=layer.place).exists()
            )
        case Revision.Scope.SITE:
            is_there = Site.objects.filter(code=layer.place).exists()
        case Revision.Scope.KIOSK:
            is_there = Kiosk.objects.filter(pk=layer.place).exists()
        case _:
            scopes = ", ".join(Revision.Scope.values)
            raise Refused(f"scope is {layer.scope[:32]!r}, must be one of: {scopes}")
    if not is_there:
        raise NotFound(f"no {layer.scope} {layer.place[:63]!r}")


def _broken(present: Book, would: Book, among: list[Kiosk]) -> dict[str, list[Problem]]:
    """What a kiosk lacks already, such as one that has just moved here, no edit is blamed for."""
    found: dict[str, list[Problem]] = {}
    known: dict[tuple[int, int], list[Problem]] = {}  # many kiosks share one whole
    for each in among:
        before, after = present.of(each), would.of(each)
        key = (id(before), id(after))
        if key not in known:
            lacked = {problem.path for problem in validate.missing(before.document)}
            lacks = validate.missing(after.document)
            known[key] = [problem for problem in lacks if problem.path not in lacked]
        if known[key]:
            found[each.id] = known[key]
    return found
