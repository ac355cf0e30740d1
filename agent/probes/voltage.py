"""Whether the supply voltage is too low, on boards that measure it (Raspberry Pi).

/sys/class/hwmon/hwmon1/name              rpi_volt
/sys/class/hwmon/hwmon1/in0_lcrit_alarm   1 while it is below 4.63 V
"""

from pathlib import Path


def is_too_low(sys: Path) -> bool:
    """Whether any such alarm is on; a board without one does not say so."""
    return any(_is_on(path) for path in sys.glob("class/hwmon/hwmon*/in*_lcrit_alarm"))


def _is_on(alarm: Path) -> bool:
    try:
        # Other chips' inputs are often wired to nothing, and their alarms always on.
        name = (alarm.parent / "name").read_text().strip()
        return name == "rpi_volt" and alarm.read_text().strip() == "1"
    except OSError:
        return False
