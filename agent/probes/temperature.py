"""How hot the processor is, by whichever sensor this machine has.

Linux offers two families (Documentation/hwmon/sysfs-interface, driver-api/thermal):
    /sys/class/hwmon/hwmon2/name               coretemp
    /sys/class/hwmon/hwmon2/temp1_input        52000         thousandths of a degree Celsius
    /sys/class/thermal/thermal_zone0/type      cpu-thermal
    /sys/class/thermal/thermal_zone0/temp      48312
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

#: Drivers and zones that sit on the processor: Intel, AMD, VIA, ARM boards, Raspberry Pi.
PROCESSORS = (
    "coretemp",
    "k10temp",
    "k8temp",
    "zenpower",
    "via_cputemp",
    "x86_pkg_temp",
    "cpu_thermal",
    "cpu-thermal",
    "soc_thermal",
    "soc-thermal",
)


class Sensor(NamedTuple):
    """One temperature, and the name of who measures it."""

    name: str
    celsius: float


def cpu_celsius(sys: Path) -> float | None:
    """The hottest spot of the processor; None when the machine has no sensor there."""
    return hottest((*_hwmon(sys), *_zones(sys)))


def hottest(sensors: Iterable[Sensor]) -> float | None:
    """The hottest of the processor's sensors, or of the others where it has none.

    A disk is hotter than the processor at times, and some firmware has zones stuck at -273 or 127.

    >>> hottest([Sensor("nvme", 61.9), Sensor("coretemp", 52.0), Sensor("coretemp", 55.0)])
    55.0
    >>> hottest([Sensor("acpitz", 27.8), Sensor("acpitz", -273.2)])
    27.8
    >>> hottest([]) is None
    True
    """
    plausible = [sensor for sensor in sensors if -40 < sensor.celsius < 125]
    processor = [sensor for sensor in plausible if sensor.name in PROCESSORS]
    board = [sensor for sensor in plausible if sensor.name == "acpitz"]
    return max((sensor.celsius for sensor in processor or board), default=None)


def _hwmon(sys: Path) -> Iterable[Sensor]:
    for path in sorted(sys.glob("class/hwmon/hwmon*/temp*_input")):
        yield from _sensor(path.parent / "name", path)


def _zones(sys: Path) -> Iterable[Sensor]:
    for path in sorted(sys.glob("class/thermal/thermal_zone*/temp")):
        yield from _sensor(path.parent / "type", path)


def _sensor(name: Path, value: Path) -> Iterable[Sensor]:
    try:
        yield Sensor(name.read_text().strip(), int(value.read_text()) / 1000)
    except (OSError, ValueError):
        # A sleeping sensor answers EAGAIN or ENODATA: for now this machine does not have it.
        return
