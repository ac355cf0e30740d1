"""A disruptive deed is typed twice: what it is done to, by hand or by --yes-i-mean."""

import sys
from collections.abc import Sequence

from controller.errors import ConfigError


def confirm(name: str, wanted: Sequence[str], meant: Sequence[str]) -> None:
    """Have each of `wanted` typed, unless it is among `meant`.

    Raises ConfigError where nobody is there to type, or something else is typed.
    """
    for target in wanted:
        if target in meant:
            continue
        if not sys.stdin.isatty():
            raise ConfigError(f"{name} is disruptive: confirm it by --yes-i-mean {target}")
        print(
            f"{name} is disruptive. Type {target} to go on: ", end="", file=sys.stderr, flush=True
        )
        if sys.stdin.readline().strip() != target:
            raise ConfigError(f"that is not {target}: nothing was ordered")
