"""One thing that is wrong with a configuration: where, what it says, what it must be."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """`said` is JSON cut short, or empty where something is missing or secret.

    `schema` is the JSON Schema of what it must be: for whoever says it in other words.
    """

    path: Path
    said: str
    must: str
    schema: Mapping[str, Any]

    def __str__(self) -> str:
        is_said = f" is {self.said}," if self.said else ""
        return f"{dotted(self.path)}{is_said} must be {self.must}"


def dotted(path: Iterable[str]) -> str:
    """As people write a path.

    >>> dotted(("agent", "peripherals", "camera", "kind"))
    'agent.peripherals.camera.kind'
    """
    return ".".join(path) or "the configuration"


def shown(value: object) -> str:
    """A value as an error shows it.

    >>> shown("x" * 100)
    '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'
    """
    text = json.dumps(value, default=str)
    return text if len(text) <= 50 else f"{text[:48]}..."


def wanted(schema: Mapping[str, Any]) -> str:
    """A JSON Schema of one value, in words.

    >>> wanted({"type": "integer", "minimum": 10, "maximum": 600})
    'a whole number from 10 to 600'
    >>> wanted({"enum": ["Mo", "Tu"]})
    'one of: Mo, Tu'
    """
    if "anyOf" in schema:
        return ", or ".join(wanted(one) for one in schema["anyOf"])
    if "enum" in schema:
        return f"one of: {', '.join(map(str, schema['enum']))}"
    match schema.get("type"):
        case "array":
            return f"a list, each {wanted(schema.get('items', {}))}"
        case "integer" | "number" as kind:
            return ("a whole number" if kind == "integer" else "a number") + _range(schema)
        case "string":
            return _text(schema)
        case "boolean":
            return "true or false"
        case "null":
            return "null"
        case "object":
            return "an object"
    return "something else"


def _range(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" from {schema['minimum']} to {schema['maximum']}"
    return ""


def _text(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema:
        return f"text like {schema['pattern']}"
    return f"a line of text of at most {schema.get('maxLength', 500)} characters"
