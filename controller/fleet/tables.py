"""CSV files as offices make them: any of three separators, with or without a byte order mark."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.errors import Refused

#: A region's kiosks are some 100 lines; more than this is no list of kiosks.
MAX_BYTES = 20_000_000
_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one place of a file."""

    file: str
    line: int
    column: str
    value: str
    remedy: str

    def __str__(self) -> str:
        value = self.value if len(self.value) <= 60 else self.value[:60] + "…"
        where = f"{self.file}, line {self.line}, column {self.column}"
        return f"{where}: {value!r}, must be {self.remedy}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line below the header, by column; cells are stripped of spaces around them."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's lines, and what is wrong with its form."""

    file: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...] = ()


def read(path: Path) -> Table:
    """The table in a file. Raises Refused when it is not a readable text."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refused(
                f"{path} is larger than {MAX_BYTES // 1_000_000} MB: is it the right file?"
            )
        content = path.read_bytes()
    except OSError as err:
        raise Refused(f"{path} cannot be read: {err.strerror}") from err
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = content.count(b"\n", 0, err.start) + 1
        raise Refused(
            f"{path}, line {line}: not UTF-8; save it as `CSV UTF-8` in your spreadsheet"
        ) from err
    return parse(path.name, text)


def parse(file: str, text: str) -> Table:
    r"""The table in a text.

    >>> parse("k.csv", "kiosk;kind\npvp-1;pvp\n").lines
    (Line(number=2, cells={'kiosk': 'pvp-1', 'kind': 'pvp'}),)
    """
    header, _, _ = text.partition("\n")
    separator = max(_SEPARATORS, key=header.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    problems: list[Problem] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error as err:
        problems.append(Problem(file, reader.line_num, "-", str(err), "CSV with closed quotes"))
    if not rows:
        return Table(file, (), (), (*problems, Problem(file, 1, "-", "", "a line of column names")))
    columns = tuple(name.lower() for name in rows[0][1])
    lines, ragged = _lines(file, columns, rows[1:])
    return Table(file, columns, lines, (*problems, *ragged))


def _lines(
    file: str, columns: Sequence[str], rows: Sequence[tuple[int, list[str]]]
) -> tuple[tuple[Line, ...], tuple[Problem, ...]]:
    lines, problems = [], []
    for number, cells in rows:
        if len(cells) == len(columns):
            lines.append(Line(number, dict(zip(columns, cells, strict=True))))
        else:
            remedy = f"{len(columns)} cells, as the first line has"
            problems.append(Problem(file, number, "-", f"{len(cells)} cells", remedy))
    return tuple(lines), tuple(problems)


def check_columns(table: Table, required: Sequence[str], known: Sequence[str]) -> list[Problem]:
    """What is wrong with the names in the first line."""
    names = ", ".join(known)
    problems = [
        Problem(table.file, 1, name or "-", name, f"one of: {names}")
        for name in table.columns
        if name not in known
    ]
    for name in known:
        if table.columns.count(name) > 1:
            problems.append(Problem(table.file, 1, name, name, "named once"))
        if name in required and name not in table.columns:
            problems.append(Problem(table.file, 1, name, "", "there"))
    return problems
