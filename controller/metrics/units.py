"""A device's metric under the name and in the unit that Prometheus asks for. Pure.

Ours end with the unit that a technician reads (`rtt_ms`, `toner_percent`); theirs with the base
unit (https://prometheus.io/docs/practices/naming): seconds, bytes, ratios, celsius, volts.
"""

import re
from typing import NamedTuple

PREFIX = "vigie_device_"
_UNITS = (
    ("_percent", "_ratio", 0.01),
    ("_ms", "_seconds", 0.001),
    ("_s", "_seconds", 1.0),
    ("_mbps", "_bits_per_second", 1e6),
    ("_bytes", "_bytes", 1.0),
    ("_celsius", "_celsius", 1.0),
    ("_volts", "_volts", 1.0),
    ("_dbm", "_dbm", 1.0),
    ("_db", "_decibels", 1.0),
)
_STRANGE = re.compile(r"[^a-zA-Z0-9_]")


class Base(NamedTuple):
    """The name there, and what a value is multiplied with."""

    name: str
    factor: float


def base(metric: str) -> Base:
    """How a metric is exposed.

    >>> base("rtt_ms")
    Base(name='vigie_device_rtt_seconds', factor=0.001)
    >>> base("toner_percent").name
    'vigie_device_toner_ratio'
    >>> base("load_1min").name, base("belt-turns").name
    ('vigie_device_load_1min', 'vigie_device_belt_turns')
    """
    name = _STRANGE.sub("_", metric)
    for suffix, unit, factor in _UNITS:
        if name.endswith(suffix):
            return Base(f"{PREFIX}{name.removesuffix(suffix)}{unit}", factor)
    return Base(PREFIX + name, 1.0)
