"""All layers as of one revision, and of each kiosk what they make together.

A book is read once and asked for many kiosks: those for whom the same layers speak share one whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Max, Q

from controller.configuration.merge import Layer, LayerId, Merged, merge
from controller.configuration.models import Revision
from controller.fleet.models import Kiosk

Scope = Revision.Scope


@dataclass(frozen=True, slots=True)
class Book:
    """`layers` has each one that ever said something; documents are as stored, secrets sealed."""

    as_of: int | None  # None: before anything was configured
    layers: Mapping[LayerId, Layer] = field(default_factory=dict)
    _wholes: dict[tuple[LayerId, ...], Merged] = field(default_factory=dict)

    def of(self, kiosk: Kiosk) -> Merged:
        """What its layers make together. `kiosk.site` is read."""
        return self.merged(chain(kiosk))

    def merged(self, layers: Iterable[LayerId]) -> Merged:
        """What these layers make together, the widest given first. It is shared: change nothing."""
        ids = tuple(each for each in layers if each in self.layers)
        if ids not in self._wholes:
            self._wholes[ids] = merge(self.layers[each] for each in ids)
        return self._wholes[ids]

    def says(self, layer: LayerId) -> Mapping[str, Any]:
        """What one layer says; empty for one that never said anything."""
        found = self.layers.get(layer)
        return found.document if found else {}

    def with_layer(self, layer: LayerId, document: Mapping[str, Any]) -> "Book":
        """As it would be if a layer said this."""
        return replace(self, layers={**self.layers, layer: Layer(layer, document)}, _wholes={})


def chain(kiosk: Kiosk) -> tuple[LayerId, ...]:
    """The layers that speak for a kiosk, the widest first."""
    return (
        LayerId(Scope.REGION, ""),
        LayerId(Scope.DEPARTMENT, kiosk.site.department),
        LayerId(Scope.SITE, kiosk.site.code),
        LayerId(Scope.KIOSK, kiosk.id),
    )


def covers(layer: LayerId, kiosk: Kiosk) -> bool:
    """Whether a layer speaks for a kiosk."""
    return layer in chain(kiosk)


def book(as_of: int | None, only: Iterable[LayerId] | None = None) -> Book:
    """All layers as of that revision, or these alone: those of one kiosk are read far sooner."""
    if as_of is None:
        return Book(None)
    rows = Revision.objects.filter(pk__lte=as_of)
    if only is not None:
        rows = rows.filter(reduce(or_, (Q(**each._asdict()) for each in only), Q(pk=None)))
    latest = rows.order_by().values("scope", "place").annotate(latest=Max("pk")).values("latest")
    found = Revision.objects.filter(pk__in=latest).only("scope", "place", "document")
    ids = ((LayerId(row.scope, row.place), row.document) for row in found)
    return Book(as_of, {each: Layer(each, document) for each, document in ids})
