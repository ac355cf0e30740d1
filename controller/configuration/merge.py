"""Layers become one configuration: pure, with the layer that each value comes from.

Structures and maps merge; every other value, a list too, is replaced whole by the narrower layer.
null as an entry of a map takes that entry out, whatever wider layers said of it; a narrower one may
begin it anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from controller.configuration import shape
from controller.configuration.problems import Path
from controller.configuration.shape import Entries, Leaf, Node


class LayerId(NamedTuple):
    """Which layer: a models.Revision.Scope and its place, which is empty for the region."""

    scope: str
    place: str

    def __str__(self) -> str:
        return f"{self.scope} {self.place}".rstrip()


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer says: any part of a document."""

    id: LayerId
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """All that the layers say together; what none says has its default in document.py."""

    document: dict[str, Any] = field(default_factory=dict)
    sources: dict[Path, LayerId] = field(default_factory=dict)  # of each value, by its path
    removed: dict[Path, LayerId] = field(default_factory=dict)  # of each entry that was taken out


def merge(layers: Iterable[Layer]) -> Merged:
    """The layers' whole, the widest layer given first. They must have been checked."""
    merged = Merged()
    for layer in layers:
        _lay(shape.root(), merged.document, layer.document, (), layer.id, merged)
    return merged


def _lay(
    node: Node,
    under: dict[str, Any],
    said: Mapping[str, Any],
    path: Path,
    source: LayerId,
    merged: Merged,
) -> None:
    for name, value in said.items():
        here = (*path, name)
        below = shape.child(node, name)
        if below is None:
            continue
        if isinstance(node, Entries):
            if value is None:
                _take_out(under, here, source, merged)
                continue
            merged.removed.pop(here, None)
        if isinstance(below, Leaf):
            under[name] = value
            merged.sources[here] = source
        else:
            _lay(below, under.setdefault(name, {}), value, here, source, merged)


def _take_out(under: dict[str, Any], here: Path, source: LayerId, merged: Merged) -> None:
    under.pop(here[-1], None)
    for paths in (merged.sources, merged.removed):
        for gone in [path for path in paths if path[: len(here)] == here]:
            del paths[gone]
    merged.removed[here] = source
