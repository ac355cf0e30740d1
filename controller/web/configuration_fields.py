"""A section of a layer as the fields of a form, for a template that calls itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.utils.translation import gettext as _

from controller.configuration import entering, sheet
from controller.configuration.merge import Merged
from controller.configuration.problems import Path, Problem
from controller.configuration.shape import Leaf
from controller.configuration.sheet import UNSAID, Entry, Group, Map, Part, Value
from controller.web import configuration_words as words


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a field's."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is shown: `form` is value, group, map or entry; `widget` that of a value."""

    form: str
    name: str  # the setting's path, as `entering` takes it
    id: str
    label: str
    parts: tuple["Field", ...] = ()
    widget: str = ""
    text: str = ""
    choices: tuple[Choice, ...] = ()
    is_said: bool = False
    is_inherited: bool = False
    is_taken_out: bool = False
    is_begun: bool = False  # by this very request
    inherited: str = ""
    source: str = ""
    wrong: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Maker:
    """Makes the fields of one page: each has an id of its own, and the problems found there."""

    problems: Mapping[Path, list[Problem]]
    begun: frozenset[str] = frozenset()  # names of entries
    _ids: Iterator[int] = field(default_factory=count)

    def fields(self, section: str, said: Mapping[str, Any], wider: Merged) -> Field:
        """The whole section."""
        return self._field(sheet.sheet(section, said, wider))

    def _field(self, part: Part) -> Field:
        match part:
            case Value():
                return self._value(part)
            case Group():
                return self._of("group", part.path, parts=tuple(map(self._field, part.parts)))
            case Map():
                notes = tuple(
                    _("%(name)s: taken out by %(layer)s")
                    % {"name": name, "layer": words.layer(layer)}
                    for name, layer in part.gone.items()
                )
                entries = tuple(map(self._entry, part.entries))
                return self._of("map", part.path, parts=entries, notes=notes)

    def _entry(self, entry: Entry) -> Field:
        return self._of(
            "entry",
            entry.path,
            label=entry.path[-1],
            parts=tuple(map(self._field, entry.parts)),
            is_said=entry.is_said,
            is_inherited=entry.is_inherited,
            is_taken_out=entry.is_taken_out,
            is_begun=entering.named(entry.path) in self.begun,
        )

    def _value(self, value: Value) -> Field:
        widget = _widget(value.leaf)
        chosen = value.holds if isinstance(value.holds, list) else []
        text = entering.as_text(value.leaf, value.holds)
        return self._of(
            "value",
            value.path,
            widget=widget,
            text=text,
            choices=tuple(
                Choice(one, words.choice(one), one == text or one in chosen)
                for one in _choices(value.leaf)
            ),
            is_said=value.is_said,
            is_inherited=value.inherited is not UNSAID,
            inherited=words.said(value.inherited),
            source=words.source(value.source),
        )

    def _of(self, form: str, path: Path, label: str = "", **more: Any) -> Field:
        return Field(
            form,
            entering.named(path),
            f"f{next(self._ids)}",
            label or words.setting(path),
            wrong=tuple(words.problem(each) for each in self.problems.get(path, ())),
            **more,
        )


def by_path(problems: list[Problem]) -> dict[Path, list[Problem]]:
    """Problems by the setting that they are of."""
    found: dict[Path, list[Problem]] = {}
    for each in problems:
        found.setdefault(each.path, []).append(each)
    return found


def _widget(leaf: Leaf) -> str:
    kind = leaf.schema.get("type")
    if leaf.is_secret:
        return "secret"
    if kind == "array":
        return "ticks" if entering.choices(leaf) else "lines"
    if kind == "boolean" or entering.choices(leaf):
        return "choice"
    return "number" if kind == "integer" else "text"


def _choices(leaf: Leaf) -> tuple[str, ...]:
    if leaf.schema.get("type") == "boolean":
        return ("yes", "no")
    given = entering.choices(leaf)
    in_order = tuple(str(one) for one in words.DAY)
    return in_order if set(given) == set(in_order) else given
