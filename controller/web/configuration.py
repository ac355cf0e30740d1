"""The configuration's pages: its layers, one with its history, and what holds for one kiosk."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from controller.configuration import (
    differences,
    effective,
    sealed,
    selectors,
    shape,
    trial,
)
from controller.configuration.book import chain
from controller.configuration.errors import Breaks, Invalid
from controller.configuration.merge import LayerId, Merged
from controller.configuration.models import Revision
from controller.errors import NotFound, Refused
from controller.fleet.models import Kiosk, Site
from controller.web import configuration_words as words
from controller.web.configuration_tree import ALL, place, place_name, tree

MAY_EDIT = "configuration.configure"
_HISTORY = 100
_PENDING = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A setting with what it is, and where that comes from."""

    name: str
    value: str
    layer: LayerId | None
    source: str

    @property
    def place(self) -> str:
        """As an address has it."""
        return place(self.layer) if self.layer else ""


@dataclass(frozen=True, slots=True)
class Section:
    """Some of its settings."""

    key: str
    lines: tuple[Line, ...]


@require_GET
def configuration(request: HttpRequest) -> HttpResponse:
    """Every layer that says something, and the kiosks that wait for a rollout."""
    pending = selectors.pending()
    context = {
        "tree": tree(),
        "pending": pending[:_PENDING],
        "pending_count": len(pending),
        "newest": selectors.newest(),
        "sites": Site.objects.all(),
        "kiosks": Kiosk.objects.select_related("site"),
    }
    return render(request, "configuration/tree.html", context)


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """The layer of a site or a kiosk whose name was entered."""
    name = request.GET.get("place", "").strip()[:63]
    if Site.objects.filter(code=name).exists():
        return redirect("configuration-layer", Revision.Scope.SITE, name)
    if Kiosk.objects.filter(pk=name).exists():
        return redirect("configuration-layer", Revision.Scope.KIOSK, name)
    raise Http404(f"no site and no kiosk {name!r}")


@require_GET
def layer(request: HttpRequest, scope: str, place: str) -> HttpResponse:
    """What one layer says, section by section."""
    asked = layer_of(scope, place)
    last = selectors.latest(asked)
    said = sealed.masked(last.document) if last else {}
    context = {
        **heading(asked),
        "last": last,
        "sections": [
            Section(key, tuple(_said(said.get(key), (key,), asked))) for key in words.sections()
        ],
        "covers": len(selectors.kiosks(asked)),
    }
    return render(request, "configuration/layer.html", context)


@require_GET
def history(request: HttpRequest, scope: str, place: str) -> HttpResponse:
    """How a layer became what it is."""
    asked = layer_of(scope, place)
    rows = list(selectors.history(asked).select_related("reverts_to")[: _HISTORY + 1])
    documents = [row.document for row in rows[1:]] + [{}]
    versions = [
        {"row": row, "differences": differing(before, row.document)}
        for row, before in zip(rows, documents, strict=True)
    ][:_HISTORY]
    context = {**heading(asked), "versions": versions, "last": rows[0] if rows else None}
    return render(request, "configuration/history.html", context)


@require_GET
def of_kiosk(request: HttpRequest, kiosk_id: str) -> HttpResponse:
    """All that holds for a kiosk, with the layer that says it."""
    try:
        found = effective.of(kiosk_id)
        newest = effective.of(kiosk_id, newest=True)
    except NotFound as err:
        raise Http404(str(err)) from err
    except (Breaks, Invalid) as err:
        kiosk = selectors.kiosk(kiosk_id)
        lacks = err.broken[kiosk_id] if isinstance(err, Breaks) else err.problems
        context = {"kiosk": kiosk, "lacks": lacks, "layers": _layers(kiosk)}
        return render(request, "configuration/kiosk.html", context, status=409)
    context = {
        "kiosk": found.kiosk,
        "found": found,
        "since": selectors.assignment(kiosk_id),
        "waiting": differing(found.stored, newest.stored, absent="–"),
        "layers": _layers(found.kiosk),
        "sections": [
            Section(key, tuple(_lines(found.document[key], (key,), found.merged)))
            for key in words.sections()
        ],
    }
    return render(request, "configuration/kiosk.html", context)


def _layers(kiosk: Kiosk) -> list[tuple[LayerId, str]]:
    return [(each, place_name(each)) for each in chain(kiosk)]


def heading(asked: LayerId) -> dict[str, Any]:
    """What every page of a layer shows of it."""
    return {
        "layer": asked,
        "place": place(asked),
        "title": place_name(asked),
        "above": [(place(each), each.scope, place_name(each)) for each in selectors.wider(asked)],
    }


def layer_of(scope: str, place: str) -> LayerId:
    """The layer of an address. Raises Http404."""
    asked = LayerId(scope, "" if scope == Revision.Scope.REGION and place == ALL else place)
    try:
        trial.require_place(asked)
    except (NotFound, Refused) as err:
        raise Http404(str(err)) from err
    return asked


def differing(before: Any, after: Any, absent: str = "") -> list[dict[str, Any]]:
    """What differs between two documents, in words; `absent` where one has no value, which of a
    layer is inherited."""
    none = absent or _("inherited")
    return [
        {
            "name": words.way(each.path),
            "kind": str(each.kind),
            "before": none if each.kind is differences.Kind.SAID else _value(each, each.before),
            "after": none if each.kind is differences.Kind.DROPPED else _value(each, each.after),
            "is_secret": each.is_secret,
        }
        for each in differences.between(before, after)
    ]


def _value(of: differences.Difference, value: Any) -> str:
    if value is None and isinstance(shape.at(of.path[:-1]), shape.Entries):
        return _("taken out")
    return words.said(value)


def _said(said: Any, path: tuple[str, ...], asked: LayerId) -> list[Line]:
    if not said:
        return []
    found = []
    for at, value, kind in shape.leaves({path[0]: said}):
        is_out = value is None and isinstance(shape.at(at[:-1]), shape.Entries)
        told = _("taken out") if is_out else words.said(value)
        if isinstance(kind, shape.Leaf) or is_out or not value:
            found.append(Line(_below(at), told, asked, ""))
    return found


def _lines(value: Any, path: tuple[str, ...], merged: Merged) -> list[Line]:
    """Every setting of a whole, and entries taken out."""
    found: list[Line] = []
    node = shape.at(path)
    if node is None or isinstance(node, shape.Leaf):
        layer = merged.sources.get(path)
        return [Line(_below(path), words.said(value), layer, words.source(layer))]
    for name, below in value.items():
        here = (*path, name)
        is_of_entry = any(isinstance(shape.at(path[:n]), shape.Entries) for n in range(len(path)))
        if below is not None or here in merged.sources or not is_of_entry:
            found += _lines(below, here, merged)
    if isinstance(node, shape.Entries):
        for at, layer in merged.removed.items():
            if at[:-1] == path:
                found.append(Line(_below(at), _("taken out"), layer, words.source(layer)))
    return found


def _below(path: tuple[str, ...]) -> str:
    """Where a setting stands within its section."""
    return " › ".join(words.steps(path)[1:])
