"""What differs between two documents as stored: of a secret, only that it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from controller.configuration import sealed, shape
from controller.configuration.problems import Path
from controller.configuration.shape import Leaf


class Kind(StrEnum):
    """What became of a value."""

    SAID = "said"  # it was not said before
    CHANGED = "changed"
    DROPPED = "dropped"  # it is not said any more: it is inherited again


@dataclass(frozen=True, slots=True)
class Difference:
    """One value. Secrets are masks; null is an entry taken out, {} one of which nothing is said."""

    path: Path
    kind: Kind
    before: Any
    after: Any
    is_secret: bool = False


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """In the order of the document's sections."""
    old, new = _values(before), _values(after)
    rank = {name: n for n, name in enumerate(shape.root().fields)}
    return [
        _difference(path, old, new)
        for path in sorted({*old, *new}, key=lambda path: (rank.get(path[0], 99), path))
        if path not in old or path not in new or old[path] != new[path]
    ]


def _values(said: Mapping[str, Any]) -> dict[Path, Any]:
    return {path: value for path, value, _ in shape.leaves(said)}


def _difference(path: Path, old: Mapping[Path, Any], new: Mapping[Path, Any]) -> Difference:
    kind = Kind.SAID if path not in old else Kind.DROPPED if path not in new else Kind.CHANGED
    leaf = shape.at(path)
    before, after = old.get(path), new.get(path)
    if isinstance(leaf, Leaf) and leaf.is_secret:
        before, after = (value and sealed.MASK for value in (before, after))
        return Difference(path, kind, before, after, is_secret=True)
    return Difference(path, kind, before, after)
