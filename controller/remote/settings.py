"""A layer's document at the command line: as lines, changed by words, or in an editor."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from controller.errors import ConfigError

Way = tuple[str, ...]


def flat(document: dict[str, Any], above: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Each value with its path; an empty object is one.

    >>> list(flat({"time": {"zone": "Europe/Paris"}, "udev": {}}))
    [(('time', 'zone'), 'Europe/Paris'), (('udev',), {})]
    """
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield from flat(value, (*above, name))
        else:
            yield (*above, name), value


def text(value: Any) -> str:
    """As JSON has it."""
    return json.dumps(value, ensure_ascii=False)


def way(name: str) -> Way:
    """A setting's path; with slashes where the name of an entry has dots.

    >>> way("journal.max_mb"), way("agent/peripherals/usb.1/kind")
    (('journal', 'max_mb'), ('agent', 'peripherals', 'usb.1', 'kind'))
    """
    parts = tuple(name.split("/" if "/" in name else "."))
    if not all(parts):
        raise ConfigError(f"{name!r} is no setting's name, must be like journal.max_mb")
    return parts


def changed(
    document: dict[str, Any], given: Sequence[str], inherited: Sequence[str]
) -> dict[str, Any]:
    """The document with `NAME=VALUE` said, and what is inherited again left out.

    >>> before = {"journal": {"max_mb": 1, "max_days": 2}}
    >>> changed(before, ["journal.max_mb=7"], ["journal.max_days"])
    {'journal': {'max_mb': 7}}
    """
    found: dict[str, Any] = json.loads(json.dumps(document))
    for pair in given:
        name, equals, said = pair.partition("=")
        if not equals:
            raise ConfigError(f"{pair!r} must be NAME=VALUE, such as journal.max_mb=100")
        *above, last = way(name)
        under = found
        for part in above:
            if not isinstance(under.get(part), dict):
                under[part] = {}
            under = under[part]
        under[last] = _value(said)
    for name in inherited:
        found = _without(found, way(name), name)
    return found


def edited(document: dict[str, Any]) -> dict[str, Any]:
    """What somebody makes of it in $EDITOR, which must end well. Raises ConfigError."""
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not editor:
        raise ConfigError("there is no editor here: set $EDITOR, or use `vigie configuration set`")
    with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
        path = Path(folder) / "configuration.json"
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        try:
            done = subprocess.run([*editor, str(path)], check=False)  # noqa: S603 - his own
        except OSError as err:
            raise ConfigError(f"$EDITOR is {editor[0]!r}, which cannot be run: {err}") from err
        if done.returncode:
            raise ConfigError(f"{editor[0]} ended with {done.returncode}: nothing is changed")
        return _document(path)


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except ValueError as err:
        raise ConfigError(f"what was edited is not JSON: {err}; nothing is changed") from err
    if not isinstance(found, dict):
        raise ConfigError("what was edited must be a JSON object; nothing is changed")
    return found


def _value(said: str) -> Any:
    if said.startswith("@"):
        try:
            return Path(said[1:]).read_text().rstrip("\n")
        except OSError as err:
            raise ConfigError(f"{said[1:]} cannot be read: {err}") from err
    try:
        return json.loads(said)
    except ValueError:
        return said


def _without(found: dict[str, Any], path: Way, name: str) -> dict[str, Any]:
    """The document without one value, and without what is empty then."""
    first, rest = path[0], path[1:]
    if first not in found:
        raise ConfigError(f"{name} is not said there: `vigie configuration show` tells what is")
    left = {key: value for key, value in found.items() if key != first}
    if not rest:
        return left
    below = found[first]
    kept = _without(below if isinstance(below, dict) else {}, rest, name)
    return {**left, first: kept} if kept else left
