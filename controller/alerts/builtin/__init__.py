"""The rules that come with the software, in their order: of equals that match, the first speaks."""

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from controller.alerts.rules import Rule, parse

_FILES = ("presence", "interview", "printing", "machine", "controller")
_HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All of them. Raises Refused for one that is not a rule, which a test sees to."""
    return tuple(parse(given) for given in _given())


def rule(key: str) -> Rule | None:
    """The built-in rule of this key."""
    return next((one for one in rules() if one.key == key), None)


def _given() -> Iterator[dict[str, Any]]:
    for name in _FILES:
        with (_HERE / f"{name}.toml").open("rb") as file:
            yield from tomllib.load(file)["rule"]
