"""Tables for a terminal: aligned, and cut to its width; whole when they go elsewhere."""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from controller.text import one_line

_GAP = "  "
_LEAST = 8  # columns that a cut one keeps


def show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their heads; how many goes to standard error."""
    for line in lines(heads, rows, _width()):
        print(line)
    print(f"{len(rows)} rows" if len(rows) != 1 else "1 row", file=sys.stderr)


def lines(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """The table's lines. Where `width` is too little, the widest columns are cut first.

    >>> lines(("kiosk", "why"), [("pvp-1", "printer: media-empty")], 20)
    ['kiosk  why', 'pvp-1  printer: med…']
    """
    table = [tuple(one_line(cell) for cell in row) for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    if width is not None:
        widths = _cut(widths, width - len(_GAP) * (len(heads) - 1))
    return [
        _GAP.join(_fit(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def facts(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and values, those without a value left out."""
    shown = [(name, value) for name, value in pairs if value]
    size = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        print(f"{name:<{size}}  {one_line(value)}")


def as_json(value: Any) -> None:
    """Print what the API said, as it said it."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def moment(said: str | None) -> str:
    """A time of the API in this machine's time zone; `-` for none."""
    return f"{datetime.fromisoformat(said).astimezone():%Y-%m-%d %H:%M}" if said else "-"


def _cut(widths: list[int], room: int) -> list[int]:
    cut = list(widths)
    while sum(cut) > room and max(cut) > _LEAST:
        cut[cut.index(max(cut))] -= 1
    return cut


def _fit(cell: str, size: int) -> str:
    return cell.ljust(size) if len(cell) <= size else cell[: size - 1] + "…"


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
