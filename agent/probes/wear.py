"""How worn the kiosk's flash memory is: an SD card or eMMC says it in sysfs, SSDs to smartctl.

JEDEC eMMC 5.0 (JESD84-B50), as the kernel shows it; two cell types, in tenths of the life used:
    /sys/block/mmcblk0/device/life_time       0x02 0x03      20 % and 30 %, at most
    /sys/block/mmcblk0/device/pre_eol_info    0x01           1 normal, 2 warning, 3 urgent
smartctl -j -H -A /dev/nvme0n1 (smartmontools 7.0, JSON):
    {"smart_status": {"passed": true},
     "nvme_smart_health_information_log": {"percentage_used": 3}}
"""

import logging
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

log = logging.getLogger(__name__)

SMARTCTL = Path("/usr/sbin/smartctl")
#: It wakes a sleeping disk and costs a process: once a day tells a wear of years.
SMARTCTL_EVERY_S = 86_400.0
SMARTCTL_TIMEOUT_S = 5.0


class Wear(Struct, frozen=True):
    """Of one disk. `percent` of its life used: None when it only says whether it is failing."""

    disk: str
    percent: float | None
    is_failing: bool


def read_mmc(sys: Path) -> tuple[Wear, ...]:
    """Wear of eMMC and SD cards, at two small reads each. A card that does not know is left out."""
    found = []
    for device in sorted(sys.glob("block/mmcblk*/device")):
        wear = parse_mmc(
            device.parent.name, _text(device / "life_time"), _text(device / "pre_eol_info")
        )
        if wear is not None:
            found.append(wear)
    return tuple(found)


def parse_mmc(disk: str, life_time: str, pre_eol_info: str) -> Wear | None:
    """Wear of one card; None when it does not know (SD cards, eMMC before 5.0: 0x00).

    >>> parse_mmc("mmcblk0", "0x02 0x03", "0x01")
    Wear(disk='mmcblk0', percent=30.0, is_failing=False)
    >>> parse_mmc("mmcblk0", "0x0b 0x01", "0x03")
    Wear(disk='mmcblk0', percent=110.0, is_failing=True)
    >>> parse_mmc("mmcblk0", "0x00 0x00", "0x00") is None
    True
    """
    try:
        tenths = max((int(word, 16) for word in life_time.split()), default=0)
        end = int(pre_eol_info, 16) if pre_eol_info.strip() else 0
    except ValueError:
        return None
    if not tenths and not end:
        return None
    return Wear(disk, 10.0 * min(tenths, 0x19) if tenths else None, is_failing=end == 3)


def read_smart(sys: Path, smartctl: Path = SMARTCTL) -> tuple[Wear, ...]:
    """Wear of fixed SATA and NVMe disks, where smartctl is installed and knows."""
    if not smartctl.exists():
        return ()
    disks = [
        path.name
        for path in sorted((*sys.glob("block/nvme*"), *sys.glob("block/sd*")))
        if _text(path / "removable").strip() == "0"
    ]
    found = (parse_smart(disk, _smart(smartctl, disk)) for disk in disks)
    return tuple(wear for wear in found if wear is not None)


def parse_smart(disk: str, raw: bytes) -> Wear | None:
    """What smartctl says of one disk; None when it could not ask it.

    >>> parse_smart("sda", b'{"smart_status": {"passed": false}}')
    Wear(disk='sda', percent=None, is_failing=True)
    >>> parse_smart("sda", b'{"smartctl": {"exit_status": 2}}') is None
    True
    """
    try:
        said: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
    nvme = _table(said, "nvme_smart_health_information_log").get("percentage_used")
    # smartctl 7.4 gives all kinds of SSD one common figure.
    percent = _table(said, "endurance_used").get("current_percent", nvme)
    passed = _table(said, "smart_status").get("passed")
    # NVMe counts to 255 and stops (NVM Express 1.4, 5.14.1.2): more is not a percentage.
    used = float(percent) if isinstance(percent, int | float) and 0 <= percent <= 255 else None
    if used is None and not isinstance(passed, bool):
        return None
    return Wear(disk, used, passed is False)


def _smart(smartctl: Path, disk: str) -> bytes:
    import subprocess  # only where there is a smartctl to run: it costs a megabyte

    command = [str(smartctl), "-j", "-n", "standby", "-H", "-A", f"/dev/{disk}"]
    try:
        # Its exit status is a set of bits about the disk, so what it printed is what counts.
        done = subprocess.run(  # noqa: S603 - absolute path, disk names from the kernel
            command, capture_output=True, timeout=SMARTCTL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        log.info("smartctl does not answer for %s: %s", disk, err)
        return b""
    return done.stdout


def _table(said: dict[str, Any], name: str) -> dict[str, Any]:
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
