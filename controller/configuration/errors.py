"""What keeps a layer from being saved; each is Refused.

Refused
├── Invalid   a value that cannot be, whatever the other layers say
├── Breaks    with it, the whole of some kiosks would lack something
└── Changed   somebody has saved the layer since it was read
"""

from collections.abc import Mapping, Sequence

from controller.configuration.problems import Problem
from controller.errors import Refused

_SHOWN = 5


class Invalid(Refused):
    """`problems` names each value that cannot be."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_cut([str(problem) for problem in problems]))
        self.problems = tuple(problems)


class Breaks(Refused):
    """`broken` names, of each kiosk that would be broken, what its configuration would lack."""

    def __init__(self, broken: Mapping[str, Sequence[Problem]]) -> None:
        told = [f"{kiosk}: {'; '.join(map(str, each[:2]))}" for kiosk, each in broken.items()]
        super().__init__(f"{len(broken)} kiosks would be incomplete: {_cut(told)}")
        self.broken = dict(broken)


class Changed(Refused):
    """Read it again, and edit that."""


def _cut(told: Sequence[str]) -> str:
    more = f"; and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(told[:_SHOWN]) + more
