"""Whether a layer can be, by itself; and whether the whole of a kiosk is complete.

A layer may say any part of document.py and is held against it value by value; only the merged whole
must have all that has no default, such as the `uri` of a queue.
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from controller.configuration import shape
from controller.configuration.document import Document, json_schema
from controller.configuration.errors import Breaks, Invalid
from controller.configuration.problems import Path, Problem, shown, wanted
from controller.configuration.shape import Entries, Fields, Leaf, Node

MAX_BYTES = 256 * 1024
_OBJECT = {"type": "object"}


def layer_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a layer: nothing is required, and null takes an entry out."""
    found: dict[str, Any] = _partial(json_schema())
    return found


def problems(said: object) -> list[Problem]:
    """All that is wrong with what a layer says."""
    found = list(_problems(shape.root(), said, ()))
    if not found and len(json.dumps(said)) > MAX_BYTES:
        found.append(Problem((), "", f"of at most {MAX_BYTES} bytes", _OBJECT))
    return found


def require(said: object) -> None:
    """Raises Invalid unless it can be a layer."""
    if found := problems(said):
        raise Invalid(found)


def missing(document: Mapping[str, Any]) -> list[Problem]:
    """What the merged whole lacks."""
    return list(_missing(shape.root(), document, ()))


def whole(document: Mapping[str, Any], kiosk: str) -> Document:
    """The merged configuration of a kiosk, typed, with all defaults. Raises Breaks, Invalid."""
    if found := missing(document):
        raise Breaks({kiosk: found})
    require(document)
    return msgspec.convert(document, Document)


def _problems(node: Node, said: object, path: Path) -> Iterator[Problem]:
    if isinstance(node, Leaf):
        yield from _of_value(node, said, path)
    elif not isinstance(said, Mapping):
        yield Problem(path, shown(said), "an object", _OBJECT)
    else:
        for name, value in said.items():
            yield from _of_name(node, str(name), value, (*path, str(name)))


def _of_name(node: Fields | Entries, name: str, value: object, path: Path) -> Iterator[Problem]:
    below = shape.child(node, name)
    if below is None:
        names = sorted(node.fields) if isinstance(node, Fields) else []
        yield Problem(path, "no setting", wanted({"enum": names}), {"enum": names})
        return
    if isinstance(node, Entries):
        if _is_wrong(node.name, name):
            must = f"named as {wanted(node.name.schema)}"
            yield Problem(path, shown(name), must, node.name.schema)
            return
        if value is None:
            return
    yield from _problems(below, value, path)


def _of_value(leaf: Leaf, said: object, path: Path) -> Iterator[Problem]:
    if _is_wrong(leaf, said):
        yield Problem(path, "" if leaf.is_secret else shown(said), wanted(leaf.schema), leaf.schema)


def _is_wrong(leaf: Leaf, said: object) -> bool:
    try:
        msgspec.convert(said, leaf.type)
    except msgspec.ValidationError:
        return True
    return not all(map(_is_plain, said if isinstance(said, list) else [said]))


def _is_plain(said: object) -> bool:
    """It goes into files of lines, where `$` of a pattern lets a last line's end through."""
    if isinstance(said, float):
        return math.isfinite(said)
    if isinstance(said, int):
        return abs(said) < 2**63
    return not isinstance(said, str) or all(
        char >= " " and char != "\x7f" and not "\ud800" <= char <= "\udfff" for char in said
    )


def _missing(node: Node, said: Any, path: Path) -> Iterator[Problem]:
    if isinstance(node, Leaf):
        return
    if isinstance(node, Fields):
        for name in sorted(node.required - set(said)):
            below = node.fields[name]
            schema = below.schema if isinstance(below, Leaf) else _OBJECT
            yield Problem((*path, name), "", f"said: {wanted(schema)}", schema)
    for name, value in said.items():
        stands = shape.child(node, name)
        if stands is not None:
            yield from _missing(stands, value, (*path, name))


def _partial(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_partial(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _partial(value) for key, value in schema.items() if key != "required"}
    if isinstance(each := found.get("additionalProperties"), dict):
        found["additionalProperties"] = {"anyOf": [each, {"type": "null"}]}
    return found
