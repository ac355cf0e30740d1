"""Reads TOML tables key by key, so that every complaint names file, line, key, value and remedy."""

import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from agent.errors import ConfigError

_MISSING = object()
_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_SYNTAX_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")


def read(path: Path) -> "Table":
    """The file's root table. Raises ConfigError when it is absent, unreadable or not TOML."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        reason = err.strerror or type(err).__name__
        raise ConfigError(f"{path} is unreadable ({reason}), must be a readable file") from err
    except UnicodeDecodeError as err:
        raise ConfigError(f"{path} is not text, must be UTF-8") from err
    return parse(path, text)


def parse(path: Path, text: str) -> "Table":
    """The root table of `text`, which is said to come from `path`."""
    try:
        return Table(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as err:
        found = _SYNTAX_LINE.search(str(err))
        line = int(found[1]) if found else text.count("\n") + 1
        said = _SYNTAX_LINE.sub("", str(err)).replace(" (at end of document)", "")
        raise ConfigError(f"{path}, line {line}: syntax is wrong ({said}), must be TOML") from err


def find_line(text: str, header: str, index: int, key: str) -> int:
    """The line (from 1) of `key` in the `index`th table called `header` ("" is the root).

    The header's own line when the key is not there, 1 when neither is.

    >>> find_line("kiosk = 'a'\\n[broker]\\nport = 1\\n", "broker", 0, "port")
    3
    """
    assign = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*[.=]""")
    current, seen, best = "", {"": 0}, 1
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _HEADER.match(line):
            current = found[2]
            seen[current] = seen.get(current, -1) + 1
            if current in (header, f"{header}.{key}".lstrip(".")) and seen[current] == index:
                best = number
        elif current == header and seen[current] == index and assign.match(line):
            return number
    return best


class Table:
    """One table being read. Call `finish` last: it refuses the keys nobody asked for."""

    def __init__(
        self, path: Path, text: str, values: dict[str, Any], header: str = "", index: int = 0
    ) -> None:
        self.path = path
        self._text, self._values = text, values
        self._header, self._index = header, index
        self._asked: set[str] = set()

    def value(
        self, key: str, remedy: str, accept: Callable[[Any], bool], default: Any = _MISSING
    ) -> Any:
        """The value of `key`, checked by `accept`; `default` where it is not given."""
        self._asked.add(key)
        if key not in self._values:
            if default is _MISSING:
                raise self.error(key, "missing", remedy)
            return default
        value = self._values[key]
        if not accept(value):
            raise self.error(key, repr(value), remedy)
        return value

    def has(self, key: str) -> bool:
        """Whether `key` is given."""
        return key in self._values

    def text(self, key: str, remedy: str, pattern: str = r"(?s).+", default: Any = _MISSING) -> Any:
        """A string that matches `pattern` in full."""
        fits = re.compile(pattern).fullmatch
        return self.value(key, remedy, lambda v: isinstance(v, str) and bool(fits(v)), default)

    def number(self, key: str, low: float, high: float, default: Any = _MISSING) -> float:
        """A number from `low` to `high`."""
        remedy = f"a number from {low:g} to {high:g}"
        number = self.value(key, remedy, lambda v: _is_number(v) and low <= v <= high, default)
        return float(number)

    def integer(self, key: str, low: int, high: int, default: Any = _MISSING) -> int:
        """A whole number from `low` to `high`."""
        remedy = f"a whole number from {low} to {high}"
        accept: Callable[[Any], bool] = lambda v: type(v) is int and low <= v <= high  # noqa: E731
        return int(self.value(key, remedy, accept, default))

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return bool(self.value(key, "true or false", lambda v: isinstance(v, bool), default))

    def file(self, key: str, remedy: str, default: Any = _MISSING) -> Path:
        """A path; a relative one starts at the file's own folder."""
        given: str = self.text(key, remedy, default=default)
        return (self.path.parent / given).absolute()

    def table(self, key: str, *, is_required: bool = False) -> "Table":
        """The table under `key`, empty where it is not given."""
        default = _MISSING if is_required else {}
        values = self.value(key, f"a table [{key}]", lambda v: isinstance(v, dict), default)
        return Table(self.path, self._text, values, f"{self._header}.{key}".lstrip("."))

    def tables(self, key: str) -> tuple["Table", ...]:
        """The tables `[[key]]`, in order."""
        values = self.value(key, f"tables [[{key}]]", _is_tables, [])
        return tuple(
            Table(self.path, self._text, item, key, index) for index, item in enumerate(values)
        )

    def inline(self, key: str) -> "Table":
        """The table `key = {...}`; its complaints stand on that line."""
        values = self.value(key, "a table {...}", lambda v: isinstance(v, dict), {})
        return _Inline(self.path, self._text, values, self._header, self._index, key)

    def error(self, key: str, value: str, remedy: str) -> ConfigError:
        """The complaint about `key`."""
        name = f"{self._header}.{key}".lstrip(".")
        return ConfigError(
            f"{self.path}, line {self._line(key)}: {name} is {value}, must be {remedy}"
        )

    def finish(self, also: Iterable[str] = ()) -> None:
        """Refuse what nobody asked for, `also` excepted."""
        self._asked.update(also)
        for key in self._values:
            if key not in self._asked:
                raise self.error(key, "not a known key", self._suggest(key))

    def _line(self, key: str) -> int:
        return find_line(self._text, self._header, self._index, key)

    def _suggest(self, key: str) -> str:
        from difflib import get_close_matches  # only when there is something to complain about

        close = get_close_matches(key, self._asked, n=1)
        return close[0] if close else "one of " + ", ".join(sorted(self._asked))


class _Inline(Table):
    def __init__(
        self, path: Path, text: str, values: dict[str, Any], header: str, index: int, name: str
    ) -> None:
        super().__init__(path, text, values, f"{header}.{name}".lstrip("."), index)
        self._outer, self._name = header, name

    def _line(self, key: str) -> int:
        return find_line(self._text, self._outer, self._index, self._name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
