"""A figure: what was measured, beside which peer, and whether it holds its target."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Target:
    """`<= 1.4` or `>= 0.6`."""

    comparison: str
    bound: float

    def __str__(self) -> str:
        return f"{self.comparison} {self.bound:g}"

    def holds(self, value: float) -> bool:
        """Whether `value` is within."""
        return _COMPARISONS[self.comparison](value, self.bound)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. `value` is None where it could not be measured; `why` then says why."""

    bench: str
    name: str
    value: float | None
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    target: str | None = None
    holds: bool | None = None
    why: str | None = None


def figure(
    bench: str,
    name: str,
    value: float,
    unit: str,
    *,
    peer: str | None = None,
    peer_value: float | None = None,
    target: Target | None = None,
) -> Figure:
    """A figure that was measured, held against its target."""
    return Figure(
        bench=bench,
        name=name,
        value=_short(value),
        unit=unit,
        peer=peer,
        peer_value=None if peer_value is None else _short(peer_value),
        target=None if target is None else str(target),
        holds=None if target is None else target.holds(value),
    )


def unmeasured(bench: str, name: str, unit: str, why: str, target: Target | None = None) -> Figure:
    """A figure that could not be measured."""
    return Figure(
        bench=bench,
        name=name,
        value=None,
        unit=unit,
        target=None if target is None else str(target),
        why=why,
    )


def as_json(figures: Sequence[Figure]) -> str:
    """`{"figures": [...]}`."""
    return msgspec.json.format(msgspec.json.encode({"figures": figures}), indent=2).decode()


def as_table(figures: Sequence[Figure]) -> str:
    """One line a figure, for reading."""
    rows = [("bench", "figure", "value", "unit", "target", "holds", "beside"), *map(_row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def _row(entry: Figure) -> tuple[str, ...]:
    beside = "" if entry.peer is None else f"{entry.peer}: {entry.peer_value}"
    return (
        entry.bench,
        entry.name,
        "-" if entry.value is None else f"{entry.value:g}",
        entry.unit,
        entry.target or "",
        {True: "yes", False: "NO", None: ""}[entry.holds],
        entry.why or beside,
    )


def _short(value: float) -> float:
    return float(f"{value:.4g}")
