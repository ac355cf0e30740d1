"""A number by chance, to keep a region's kiosks out of step. The module `random` costs 0.3 MB."""

import os


def chance() -> float:
    """Between 0 and 1, either possible."""
    return int.from_bytes(os.urandom(2), "big") / 0xFFFF
