"""Durations as people type them: `90s`, `10m`, `48h`, `90d`."""

import argparse
import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FORM = re.compile(r"(\d{1,6})([smhd])")


def duration(text: str) -> timedelta:
    """A duration from the command line, as argparse's `type=`.

    >>> duration("10m")
    datetime.timedelta(seconds=600)

    Raises argparse.ArgumentTypeError for any other form.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(
            f"duration is {text!r}, must be a number and s, m, h or d: 90s, 10m, 48h, 90d"
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
