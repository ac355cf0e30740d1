"""Secrets of a layer: sealed at rest, masked wherever they are shown, opened for a pillar alone."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from controller.accounts.sealing import Seal
from controller.configuration import shape
from controller.configuration.problems import Path, Problem
from controller.configuration.shape import Leaf, Node

#: What is shown in a secret's place; sent back, the secret stays as it is.
MASK = "********"


def seal() -> Seal:
    """That of this controller, for this purpose."""
    return Seal(settings.SECRET_KEY, "configuration")


def masked(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What a layer or a whole says, as it may be shown."""
    return _each(shape.root(), stored, (), lambda _, sealed: MASK if sealed else "")


def opened(stored: Mapping[str, Any]) -> dict[str, Any]:
    """With its secrets. Raises VigieError where one cannot be opened."""
    lid = seal()
    return _each(shape.root(), stored, (), lambda _, sealed: lid.open(sealed.encode()))


def closed(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody gave, fit to be stored: a mask, or the same secret again, keeps what the layer
    had before. It must have been checked, by `maskless` too."""
    lid = seal()
    kept = _secrets(before)

    def close(path: Path, secret: str) -> str:
        had = kept.get(path, "")
        is_same = secret == MASK or (had and lid.open(had.encode()) == secret)
        return had if is_same else lid.close(secret).decode()

    return _each(shape.root(), given, (), close)


def maskless(given: Mapping[str, Any], before: Mapping[str, Any]) -> list[Problem]:
    """Masks for which the layer has no secret."""
    kept = _secrets(before)
    return [
        Problem(path, "a mask", "the secret itself: this layer has none yet", {"type": "string"})
        for path, secret in _secrets(given).items()
        if secret == MASK and not kept.get(path)
    ]


def _secrets(said: Mapping[str, Any]) -> dict[Path, str]:
    return {
        path: value
        for path, value, leaf in shape.leaves(said)
        if isinstance(leaf, Leaf) and leaf.is_secret and isinstance(value, str)
    }


def _each(
    node: Node, said: Mapping[str, Any], path: Path, act: Callable[[Path, str], str]
) -> dict[str, Any]:
    """The same with each secret replaced."""
    found: dict[str, Any] = {}
    for name, value in said.items():
        below, here = shape.child(node, name), (*path, name)
        if isinstance(below, Leaf) and below.is_secret and isinstance(value, str):
            found[name] = act(here, value)
        elif below is None or isinstance(below, Leaf) or not isinstance(value, Mapping):
            found[name] = value
        else:
            found[name] = _each(below, value, here, act)
    return found
