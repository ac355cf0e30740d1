"""What somebody entered in a section's form, as what the layer shall say.

Of a form's fields, named by the setting's path with slashes: `v:` the value, `s:` ticked when it is
said here, `w:` when it was ticked as the form was shown, `x:` ticked when an entry is taken out,
`n:` the name of a new one; `e` and `m` are the paths of the entries and of the maps shown. Who
changes a value need not tick it, too; who unticks one inherits it again. What cannot be read is
kept as text, for validate to say what it must be.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.configuration import sheet
from controller.configuration.merge import Merged
from controller.configuration.problems import Path
from controller.configuration.shape import Leaf
from controller.configuration.sheet import UNSAID, Entry, Group, Map, Part, Value

_WORDS = re.compile(r"\^\(([a-z]+(?:\|[a-z]+)*)\)\$")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form: each name with its values."""

    values: Callable[[str], Sequence[str]]

    def has(self, kind: str, path: Path) -> bool:
        """Whether a field was sent, which a box is only when it is ticked."""
        return bool(self.values(f"{kind}:{named(path)}"))

    def text(self, kind: str, path: Path) -> str:
        """A field's text."""
        found = self.values(f"{kind}:{named(path)}")
        return found[0] if found else ""


def named(path: Path) -> str:
    """As fields are named: no name of an entry has a slash."""
    return "/".join(path)


def entered(section: str, said: Mapping[str, Any], wider: Merged, form: Form) -> dict[str, Any]:
    """What the layer, which says `said`, shall say, whole."""
    shown = sheet.sheet(section, _with_shown(said, form), wider)
    found = _part(shown, form)
    rest = {name: value for name, value in said.items() if name != section}
    return {**rest, section: found} if found not in (UNSAID, {}) else rest


def choices(leaf: Leaf) -> tuple[str, ...]:
    """The words that a setting, or each item of it, is one of; empty where it is free."""
    schema = leaf.schema.get("items", leaf.schema)
    if "enum" in schema:
        return tuple(map(str, schema["enum"]))
    found = _WORDS.fullmatch(str(schema.get("pattern", "")))
    return tuple(found[1].split("|")) if found else ()


def as_text(leaf: Leaf, value: Any) -> str:
    """A value as its field shows it."""
    if value is UNSAID or value is None:
        return ""
    if isinstance(value, bool) and leaf.schema.get("type") == "boolean":
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, str):
        return json.dumps(value) if _is_any(leaf) and not isinstance(_any(value), str) else value
    return json.dumps(value)


def from_text(leaf: Leaf, given: Sequence[str]) -> Any:
    """A field's text as a value."""
    kind, text = leaf.schema.get("type"), given[0].strip() if given else ""
    if kind == "array":
        lines = given if choices(leaf) else (given[0] if given else "").splitlines()
        return [line.strip() for line in lines if line.strip()]
    if kind == "boolean":
        return {"yes": True, "no": False}.get(text, text)
    if kind == "integer":
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text
    if _is_any(leaf):
        return _any(text)
    if not text and "anyOf" in leaf.schema:
        return None
    return text


def _with_shown(said: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """The layer with every entry that the form shows or begins, so that each has its place."""
    found: dict[str, Any] = json.loads(json.dumps(said))
    for name in (*form.values("e"), *begun(form)):
        *above, last = name.split("/")
        under = found
        for part in above:
            if not isinstance(under.get(part), dict):
                under[part] = {}
            under = under[part]
        under.setdefault(last, {})
    return found


def begun(form: Form) -> list[str]:
    """The paths of new entries."""
    names = ((name, form.values(f"n:{name}")) for name in form.values("m"))
    return [f"{name}/{given[0].strip()}" for name, given in names if given and given[0].strip()]


def _part(part: Part, form: Form) -> Any:
    match part:
        case Value():
            return _value(part, form)
        case Group():
            return _said({each.path[-1]: _part(each, form) for each in part.parts}) or UNSAID
        case Map():
            return _said({each.path[-1]: _entry(each, form) for each in part.entries}) or UNSAID


def _entry(entry: Entry, form: Form) -> Any:
    if form.has("x", entry.path):
        return None if entry.is_inherited else UNSAID
    first = entry.parts[0] if entry.parts else None
    if isinstance(first, Value) and first.path == entry.path:
        found = _value(first, form)
        return "" if found is UNSAID and not entry.is_inherited else found
    found = _said({each.path[-1]: _part(each, form) for each in entry.parts})
    return found if found or not entry.is_inherited else UNSAID


def _value(value: Value, form: Form) -> Any:
    given = form.values(f"v:{named(value.path)}")
    found = from_text(value.leaf, given)
    if form.has("s", value.path):
        return found
    if form.has("w", value.path) or not given:
        return UNSAID
    shown = from_text(value.leaf, _shown(value))
    is_as_shown = set(found) == set(shown) if choices(value.leaf) else found == shown
    return UNSAID if is_as_shown else found


def _shown(value: Value) -> Sequence[str]:
    if isinstance(value.inherited, list) and choices(value.leaf):
        return list(map(str, value.inherited))
    return [as_text(value.leaf, value.inherited)]


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not UNSAID}


def _is_any(leaf: Leaf) -> bool:
    """Whether it may be a number as well as a text."""
    return {"type": "integer"} in leaf.schema.get("anyOf", ())


def _any(text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, str | int | float | bool) else text
