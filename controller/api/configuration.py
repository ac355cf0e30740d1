"""The configuration of kiosks in layers: read, tried, edited, reverted; and each kiosk's whole."""

from typing import Any, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Path, Query

from controller.accounts.scopes import Scope as Right
from controller.api import revisions
from controller.api.auth import by, needs
from controller.api.configuration_shapes import (
    DifferenceItem,
    EffectiveItem,
    LayerDetail,
    LayerEdit,
    LayerItem,
    LayerTrial,
    PendingPage,
    RevisionDetail,
    RevisionPage,
    Scope,
    TrialItem,
    Why,
)
from controller.api.failures import ASKED, TOLD, Outdated
from controller.api.pages import Limit, Offset, page
from controller.api.revisions import Match
from controller.api.shapes import Failure
from controller.configuration import (
    differences,
    effective,
    sealed,
    selectors,
    services,
    trial,
    validate,
)
from controller.configuration.errors import Changed
from controller.configuration.merge import LayerId
from controller.configuration.models import Revision

router = Router(tags=["configuration"])
EDIT = needs(Right.CONFIGURE, "configuration.configure")
_LAYER = "/configuration/layers/{scope}/{place}"
_REVISION = "/configuration/revisions/{number}"
Place = Path(max_length=63, description="number, code or id; `-` for the region")
Number = Path(ge=1, le=2**63 - 1)


@router.get("/configuration/schema", response={200: dict[str, Any], ASKED: Failure})
def schema(request: HttpRequest) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a layer; `default` is what holds where no layer says it."""
    return validate.layer_schema()


@router.get("/configuration/layers", response={200: list[LayerItem], ASKED: Failure})
def layers(request: HttpRequest) -> list[dict[str, Any]]:
    """Every layer that ever said something, the widest first."""
    return [_layer(each.layer, each.revision) for each in selectors.layers()]


@router.get(_LAYER, response={200: LayerDetail, ASKED: Failure})
def layer(
    request: HttpRequest, response: HttpResponse, scope: Scope, place: str = Place
) -> dict[str, Any]:
    """What a layer says. Its ETag goes into the If-Match of an edit."""
    return revisions.stamped(response, _detail(_of(scope, place)))


@router.put(_LAYER, response={200: LayerDetail, TOLD: Failure}, **EDIT)
@transaction.atomic
def save_layer(
    request: HttpRequest,
    response: HttpResponse,
    wish: LayerEdit,
    scope: Scope,
    place: str = Place,
    match: str | None = Match,
) -> dict[str, Any]:
    """What it says from now on. Changes no kiosk by itself: a rollout does."""
    asked = _of(scope, place)
    expected = _require(match, asked)
    try:
        services.edit(asked, wish.document, why=wish.why, expected=expected, **by(request))
    except Changed as err:
        raise Outdated(str(err)) from err
    return revisions.stamped(response, _detail(asked))


@router.post(f"{_LAYER}/trial", response={200: TrialItem, TOLD: Failure}, **EDIT)
def try_layer(
    request: HttpRequest, wish: LayerTrial, scope: Scope, place: str = Place
) -> dict[str, Any]:
    """What would come of an edit: changes nothing."""
    asked = _of(scope, place)
    said = selectors.latest(asked)
    found = trial.outcome(asked, trial.stored(wish.document, said.document if said else {}))
    return {
        "differences": [
            _difference(each) for each in differences.between(found.before, found.after)
        ],
        "changes": [each.id for each in found.changes],
        "broken": {kiosk: list(map(str, each)) for kiosk, each in found.broken.items()},
    }


@router.get(f"{_LAYER}/history", response={200: RevisionPage, ASKED: Failure})
def history(
    request: HttpRequest,
    scope: Scope,
    place: str = Place,
    limit: int = Limit,
    offset: int = Offset,
) -> dict[str, Any]:
    """All that a layer ever said, the newest first."""
    found = page(selectors.history(_of(scope, place)), limit, offset)
    return {**found, "items": [_revision(each) for each in found["items"]]}


@router.get(_REVISION, response={200: RevisionDetail, ASKED: Failure})
def revision(request: HttpRequest, number: int = Number) -> dict[str, Any]:
    """One state of one layer."""
    row = selectors.revision(number)
    return {**_revision(row), "document": sealed.masked(row.document)}


@router.get(f"{_REVISION}/differences", response={200: list[DifferenceItem], ASKED: Failure})
def changes(
    request: HttpRequest,
    number: int = Number,
    since: int | None = Query(
        None, ge=1, le=2**63 - 1, description="unless given, its predecessor"
    ),
) -> list[dict[str, Any]]:
    """What differs from another revision."""
    row = selectors.revision(number)
    old = selectors.before(row) if since is None else selectors.revision(since)
    found = differences.between(old.document if old else {}, row.document)
    return [_difference(each) for each in found]


@router.post(f"{_REVISION}/revert", response={200: LayerDetail, TOLD: Failure}, **EDIT)
@transaction.atomic
def revert(
    request: HttpRequest,
    response: HttpResponse,
    wish: Why,
    number: int = Number,
    match: str | None = Match,
) -> dict[str, Any]:
    """The layer says again what it said in that revision, as its next one.

    If-Match takes the ETag of the layer.
    """
    row = selectors.revision(number)
    asked = LayerId(row.scope, row.place)
    expected = _require(match, asked)
    try:
        services.revert(number, why=wish.why, expected=expected, **by(request))
    except Changed as err:
        raise Outdated(str(err)) from err
    return revisions.stamped(response, _detail(asked))


@router.get("/configuration/kiosks/{kiosk_id}", response={200: EffectiveItem, ASKED: Failure})
def of_kiosk(
    request: HttpRequest,
    kiosk_id: str = Path(max_length=63),
    as_of: Literal["assigned", "newest"] = "assigned",
) -> dict[str, Any]:
    """All that holds for a kiosk, with the layer that says each value."""
    found = effective.of(kiosk_id, newest=as_of == "newest")
    said = [(found.merged.sources, False), (found.merged.removed, True)]
    return {
        "kiosk": found.kiosk.id,
        "revision": found.as_of,
        "assigned": found.assigned,
        "is_assigned": found.is_assigned,
        "is_pending": found.is_pending,
        "document": found.document,
        "sources": [
            {"path": list(path), **source._asdict(), "is_removed": is_removed}
            for sources, is_removed in said
            for path, source in sources.items()
        ],
    }


@router.get("/configuration/pending", response={200: PendingPage, ASKED: Failure})
def pending(request: HttpRequest, limit: int = Limit, offset: int = Offset) -> dict[str, Any]:
    """Kiosks for which something newer is written than a rollout has brought them."""
    found, last = selectors.pending(), selectors.newest()
    items = [
        {"kiosk": each.kiosk.id, "revision": each.revision, "since": each.since}
        for each in found[offset : offset + limit]
    ]
    return {"count": len(found), "newest": last.pk if last else None, "items": items}


def _of(scope: Scope, place: str) -> LayerId:
    """Raises NotFound for a place that is none."""
    is_region = scope is Scope.REGION and place == "-"
    asked = LayerId(str(scope), "" if is_region else place)
    trial.require_place(asked)
    return asked


def _require(match: str | None, asked: LayerId) -> int | None:
    """The number of the revision that was read; None where the caller does not care."""
    if match is None:
        return None
    shown = _detail(asked)
    revisions.require(match, shown, str(asked))
    return int(shown["revision"])


def _detail(asked: LayerId) -> dict[str, Any]:
    row = selectors.latest(asked)
    return {**_layer(asked, row), "document": sealed.masked(row.document) if row else {}}


def _layer(asked: LayerId, row: Revision | None) -> dict[str, Any]:
    return {
        **asked._asdict(),
        "revision": row.pk if row else 0,
        "at": row.at if row else None,
        "actor": row.actor if row else "",
        "why": row.why if row else "",
    }


def _revision(row: Revision) -> dict[str, Any]:
    return {
        "revision": row.pk,
        "scope": row.scope,
        "place": row.place,
        "at": row.at,
        "actor": row.actor,
        "why": row.why,
        "reverts_to": row.reverts_to_id,
    }


def _difference(each: differences.Difference) -> dict[str, Any]:
    return {
        "path": list(each.path),
        "kind": each.kind,
        "before": each.before,
        "after": each.after,
        "is_secret": each.is_secret,
    }
