"""The tree that a configuration is: structures of known fields, maps of named entries, values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from controller.configuration.document import Document
from controller.configuration.problems import Path


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value, replaced whole by the narrower layer: a text, a number, a list, ..."""

    type: Any
    schema: Mapping[str, Any]
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """A structure: its names are ours. `required` are those without a default."""

    of: type[Struct]
    fields: Mapping[str, "Node"]
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entries:
    """A map: its names are the region's, and null takes an entry out."""

    name: Leaf
    each: "Node"


Node = Leaf | Fields | Entries


@cache
def root() -> Fields:
    """The shape of a whole document."""
    return _fields(Document)


def at(path: Path) -> Node | None:
    """What stands there; None where nothing can."""
    node: Node = root()
    for name in path:
        below = child(node, name)
        if below is None:
            return None
        node = below
    return node


def child(node: Node, name: str) -> Node | None:
    """What stands below under that name."""
    match node:
        case Fields():
            return node.fields.get(name)
        case Entries():
            return node.each
    return None


def leaves(
    said: Mapping[str, Any], node: Node | None = None, path: Path = ()
) -> Iterator[tuple[Path, Any, Leaf | Entries | Fields]]:
    """Each value that a layer says, where and of what shape; an entry taken out is one, too, and so
    is an entry of which nothing is said. What fits no shape is left out."""
    node = node or root()
    for name, value in said.items():
        below = child(node, name)
        if below is None:
            continue
        here = (*path, name)
        if isinstance(below, Leaf) or not isinstance(value, Mapping) or not value:
            if isinstance(below, Leaf) or isinstance(node, Entries):
                yield here, value, below
        else:
            yield from leaves(value, below, here)


def _node(kind: Any) -> Node:
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if isinstance(bare, type) and issubclass(bare, Struct):
        return _fields(bare)
    if get_origin(bare) is dict:
        name, each = get_args(bare)
        return Entries(_leaf(name), _node(each))
    return _leaf(kind)


def _fields(of: type[Struct]) -> Fields:
    hints = get_type_hints(of, include_extras=True)
    fields = msgspec.structs.fields(of)
    return Fields(
        of,
        {field.name: _node(hints[field.name]) for field in fields},
        frozenset(field.name for field in fields if field.required),
    )


def _leaf(kind: Any) -> Leaf:
    return Leaf(kind, _schema(kind), is_secret=_is_secret(kind))


def _schema(kind: Any) -> dict[str, Any]:
    """Its JSON Schema, with what it refers to in its place."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template="{name}")
    found: dict[str, Any] = _in_place(schema, parts)
    return found


def _in_place(schema: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _in_place(parts[schema["$ref"]], parts)
        return {key: _in_place(value, parts) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_in_place(one, parts) for one in schema]
    return schema


def _is_secret(kind: Any) -> bool:
    return any(
        isinstance(each, Meta) and bool((each.extra_json_schema or {}).get("writeOnly"))
        for each in getattr(kind, "__metadata__", ())
    )
