"""The kiosk's own disks: room, writability, wear.

statvfs(3) of each file system that matters, the mounts of /proc/self/mountinfo and /etc/fstab
(agent/probes/mounts.py), and the wear of flash memory (agent/probes/wear.py).
"""

import logging
import os
import re
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from msgspec import Struct

from agent.config import Config
from agent.probe import Context, Probe
from agent.probes import mounts, wear
from agent.probes.limits import Limit, broken
from agent.probes.mounts import Mount
from agent.probes.wear import Wear
from contract.health import DeviceState, FactValue, Health

log = logging.getLogger(__name__)

#: Logs and spooled prints of some weeks fit in 10 %; below 2 % services fail to write.
STORAGE_LOW = Limit("storage-low", enters=10, leaves=12)
STORAGE_FULL = Limit("storage-full", enters=2, leaves=4)
INODES_LOW = Limit("inodes-low", enters=5, leaves=8)
#: Makers warrant a flash memory up to 100 %.
WEAR_HIGH = Limit("wear-high", enters=90, leaves=80)

#: The root, what fills up, what an update needs, and what the agent itself lives in (added).
PLACES = ("/", "/var", "/tmp", "/home", "/boot", "/boot/efi")  # noqa: S108 - only looked at

FAILED = frozenset({STORAGE_FULL.reason, "read-only", "disk-failing"})

#: What is wrong where: (reason, mount point or disk).
Findings = frozenset[tuple[str, str]]


class Room(Struct, frozen=True):
    """Of one file system. Percentages are of what unprivileged programs may use, as df counts.

    `inodes_percent` is None where there is no such bound (btrfs, vfat).
    """

    free_bytes: int
    free_percent: float
    inodes_percent: float | None


class FileSystem(Struct, frozen=True):
    """One file system as measured. `errors` were counted by ext4, 0 elsewhere."""

    mount: Mount
    room: Room
    is_meant_writable: bool
    errors: int


def probe(config: Config) -> Probe:
    """Reports the device `storage`."""
    places = (*PLACES, str(config.state_dir))
    writable = mounts.parse_fstab(_text(Path("/etc/fstab")))
    smart: tuple[Wear, ...] = ()
    smart_due = 0.0
    findings: Findings = frozenset()

    def run(_context: Context) -> tuple[DeviceState, ...]:
        nonlocal writable, smart, smart_due, findings
        sys = Path("/sys")
        if time.monotonic() >= smart_due:
            smart, smart_due = wear.read_smart(sys), time.monotonic() + wear.SMARTCTL_EVERY_S
        found = tuple(_measure(places, writable, sys))
        # What was written to once and is not any more has failed, whatever fstab says.
        writable |= {item.mount.point for item in found if not item.mount.is_read_only}
        worn = (*wear.read_mmc(sys), *smart)
        findings = find(found, worn, findings)
        return (judge(found, worn, findings),)

    return Probe("storage", config.probes.storage_s, config.probes.timeout_s, run)


def room(blocks: int, free: int, available: int, files: int, files_free: int, size: int) -> Room:
    """From statvfs: blocks of `size` bytes in all, free, and free to the unprivileged; inodes.

    >>> room(blocks=1000, free=300, available=250, files=200, files_free=50, size=4096)
    Room(free_bytes=1024000, free_percent=26.3, inodes_percent=25.0)
    """
    usable = blocks - free + available
    return Room(
        available * size,
        round(100 * available / usable, 1) if usable else 0.0,
        round(100 * files_free / files, 1) if files else None,
    )


def find(found: Iterable[FileSystem], worn: Iterable[Wear], before: Findings) -> Findings:
    """What is wrong and where, given what was wrong before."""
    return frozenset(
        (reason, place)
        for place, reasons in (
            *((item.mount.point, _reasons(item, before)) for item in found),
            *((disk.disk, _wear_reasons(disk, before)) for disk in worn),
        )
        for reason in reasons
    )


def judge(found: Iterable[FileSystem], worn: Iterable[Wear], findings: Findings) -> DeviceState:
    """The device `storage`.

    Metrics of the root carry no prefix, those of another file system its mount point's name; the
    fact `where` names the places that the reasons are about.
    """
    metrics: dict[str, float] = {}
    facts: dict[str, FactValue] = {}
    for item in found:
        prefix = _prefix(item.mount.point)
        metrics |= _room_metrics(prefix, item.room)
        facts[f"{prefix}fstype"] = item.mount.fstype
    metrics |= {
        f"wear_{_name(disk.disk)}_percent": disk.percent
        for disk in worn
        if disk.percent is not None
    }
    reasons = tuple(sorted({reason for reason, _ in findings}))
    if findings:
        facts["where"] = " ".join(sorted({place for _, place in findings}))
    return DeviceState("storage", "storage", _health(reasons), reasons, metrics, facts)


def _health(reasons: Collection[str]) -> Health:
    if FAILED & set(reasons):
        return Health.FAILED
    return Health.DEGRADED if reasons else Health.OK


def _reasons(item: FileSystem, findings: Findings) -> list[str]:
    if item.mount.fstype in mounts.READ_ONLY_BY_NATURE:
        return []  # and full by nature
    limits = (
        (STORAGE_LOW, item.room.free_percent),
        (STORAGE_FULL, item.room.free_percent),
        (INODES_LOW, item.room.inodes_percent),
    )
    reasons = broken(limits, _at(item.mount.point, findings))
    if STORAGE_FULL.reason in reasons and STORAGE_LOW.reason in reasons:
        reasons.remove(STORAGE_LOW.reason)
    if item.mount.is_read_only and item.is_meant_writable:
        reasons.append("read-only")
    if item.errors:
        reasons.append("fs-errors")
    return reasons


def _wear_reasons(disk: Wear, findings: Findings) -> list[str]:
    return [
        *broken([(WEAR_HIGH, disk.percent)], _at(disk.disk, findings)),
        *(["disk-failing"] if disk.is_failing else []),
    ]


def _at(place: str, findings: Findings) -> frozenset[str]:
    return frozenset(reason for reason, where in findings if where == place)


def _room_metrics(prefix: str, measured: Room) -> dict[str, float]:
    metrics: dict[str, float] = {
        f"{prefix}free_bytes": measured.free_bytes,
        f"{prefix}free_percent": measured.free_percent,
    }
    if measured.inodes_percent is not None:
        metrics[f"{prefix}inodes_free_percent"] = measured.inodes_percent
    return metrics


def _prefix(point: str) -> str:
    """What tells the metrics of one file system from another's.

    >>> _prefix("/"), _prefix("/var/lib/vigie-agent")
    ('', 'var_lib_vigie_agent_')
    """
    return "" if point == "/" else f"{_name(point)}_"


def _name(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40]
    return name if name[:1].isalpha() else f"fs_{name}"


def _measure(places: Iterable[str], writable: Collection[str], sys: Path) -> Iterable[FileSystem]:
    table = mounts.parse_mountinfo(_text(Path("/proc/self/mountinfo")))
    for mount in mounts.that_matter(table, places):
        try:
            stat = os.statvfs(mount.point)
        except OSError as err:
            log.info("%s cannot be looked at: %s", mount.point, err)
            continue
        measured = room(
            stat.f_blocks,
            stat.f_bfree,
            stat.f_bavail,
            stat.f_files,
            stat.f_ffree,
            stat.f_frsize,
        )
        yield FileSystem(mount, measured, mount.point in writable, _ext4_errors(sys, mount))


def _ext4_errors(sys: Path, mount: Mount) -> int:
    if mount.fstype != "ext4":
        return 0
    disk = (sys / "dev/block" / mount.device).resolve().name
    text = _text(sys / "fs/ext4" / disk / "errors_count").strip()
    return int(text) if text.isdigit() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
