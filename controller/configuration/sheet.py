"""A section of a layer as it is edited: what it says of each setting, and what it inherits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from msgspec import NODEFAULT

from controller.configuration import shape
from controller.configuration.merge import LayerId, Merged
from controller.configuration.problems import Path
from controller.configuration.shape import Entries, Fields, Leaf, Node


class Unsaid(Enum):
    """Apart from null, which is a value."""

    UNSAID = "unsaid"


UNSAID = Unsaid.UNSAID


@dataclass(frozen=True, slots=True)
class Value:
    """One setting. `source` is the layer that it is inherited from; None: the default, or none."""

    path: Path
    leaf: Leaf
    said: Any  # UNSAID: it is inherited
    inherited: Any  # UNSAID: nobody says it, and it has no default
    source: LayerId | None

    @property
    def is_said(self) -> bool:
        """Whether this layer says it."""
        return self.said is not UNSAID

    @property
    def holds(self) -> Any:
        """What holds at this layer."""
        return self.said if self.is_said else self.inherited


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a map."""

    path: Path
    is_said: bool  # here, or something of it
    is_inherited: bool
    is_taken_out: bool  # here
    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Named entries; `gone` are those that a wider layer took out."""

    path: Path
    entries: tuple[Entry, ...]
    gone: Mapping[str, LayerId]


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together."""

    path: Path
    parts: tuple["Part", ...]


Part = Value | Map | Group


def sheet(section: str, said: Mapping[str, Any], wider: Merged) -> Part:
    """A section of a layer that says `said`, below what the wider layers make together."""
    node = shape.root().fields[section]
    default = _default(shape.root(), section)
    here = said.get(section, UNSAID)
    return _part(node, (section,), here, wider.document.get(section, UNSAID), default, wider)


def _part(node: Node, path: Path, said: Any, inherited: Any, default: Any, wider: Merged) -> Part:
    match node:
        case Leaf():
            is_by_default = inherited is UNSAID
            value = default if is_by_default else inherited
            return Value(path, node, said, value, wider.sources.get(path))
        case Fields():
            parts = (
                _part(
                    below,
                    (*path, name),
                    _get(said, name),
                    _get(inherited, name),
                    _default(node, name),
                    wider,
                )
                for name, below in node.fields.items()
            )
            return Group(path, tuple(parts))
        case Entries():
            return _map(node, path, said, inherited, wider)


def _map(node: Entries, path: Path, said: Any, inherited: Any, wider: Merged) -> Map:
    own = said if isinstance(said, Mapping) else {}
    theirs = inherited if isinstance(inherited, Mapping) else {}
    entries = (
        _entry(node.each, (*path, name), own.get(name, UNSAID), theirs.get(name, UNSAID), wider)
        for name in dict.fromkeys((*theirs, *own))
    )
    gone = {at[-1]: layer for at, layer in wider.removed.items() if at[:-1] == path}
    return Map(path, tuple(entries), gone)


def _entry(node: Node, path: Path, said: Any, inherited: Any, wider: Merged) -> Entry:
    is_taken_out = said is None
    part = _part(node, path, UNSAID if is_taken_out else said, inherited, UNSAID, wider)
    return Entry(
        path,
        is_said=said is not UNSAID,
        is_inherited=inherited is not UNSAID,
        is_taken_out=is_taken_out,
        parts=part.parts if isinstance(part, Group) else (part,),
    )


def _get(said: Any, name: str) -> Any:
    return said.get(name, UNSAID) if isinstance(said, Mapping) else UNSAID


def _default(node: Fields, name: str) -> Any:
    """In plain values; UNSAID where there is none."""
    (field,) = (each for each in msgspec.structs.fields(node.of) if each.name == name)
    if field.default is not NODEFAULT:
        return msgspec.json.decode(msgspec.json.encode(field.default))
    return UNSAID if field.required else field.default_factory()
