"""Disks: room, writability and wear; and our figures against df's."""

import subprocess
from pathlib import Path

import pytest

from agent.config import Broker, Config
from agent.probe import Context
from agent.probes import mounts, storage, wear
from agent.probes.mounts import Mount
from agent.probes.storage import FileSystem, Findings, Room
from agent.probes.wear import Wear
from contract.health import DeviceState, Health

CONFIG = Config("pvp-1", Broker("localhost", Path("ca"), Path("crt"), Path("key")))
NONE: Findings = frozenset()


def root(
    free_percent: float = 50.0,
    inodes_percent: float | None = 90.0,
    is_read_only: bool = False,
    is_meant_writable: bool = True,
    errors: int = 0,
    point: str = "/",
    fstype: str = "ext4",
) -> FileSystem:
    return FileSystem(
        Mount(point, "8:1", fstype, is_read_only),
        Room(10**9, free_percent, inodes_percent),
        is_meant_writable,
        errors,
    )


def judged(*found: FileSystem, worn: tuple[Wear, ...] = (), before: Findings = NONE) -> DeviceState:
    return storage.judge(found, worn, storage.find(found, worn, before))


def test_a_disk_with_room_is_ok() -> None:
    state = judged(root())
    assert (state.health, state.reasons) == (Health.OK, ())
    assert state.metrics == {
        "free_bytes": 10**9,
        "free_percent": 50.0,
        "inodes_free_percent": 90.0,
    }


@pytest.mark.parametrize(
    ("found", "health", "reason"),
    [
        (root(free_percent=9.0), Health.DEGRADED, "storage-low"),
        (root(free_percent=1.0), Health.FAILED, "storage-full"),
        (root(inodes_percent=4.0), Health.DEGRADED, "inodes-low"),
        (root(is_read_only=True), Health.FAILED, "read-only"),
        (root(errors=3), Health.DEGRADED, "fs-errors"),
    ],
)
def test_what_is_wrong_with_a_disk(found: FileSystem, health: Health, reason: str) -> None:
    state = judged(found)
    assert (state.health, state.reasons) == (health, (reason,))
    assert state.facts["where"] == "/"


def test_a_root_that_is_read_only_by_design_is_no_fault() -> None:
    assert judged(root(is_read_only=True, is_meant_writable=False)).health is Health.OK


def test_an_image_that_is_full_and_read_only_by_nature_is_no_fault() -> None:
    image = root(free_percent=0.0, inodes_percent=0.0, is_read_only=True, fstype="squashfs")
    assert judged(image).health is Health.OK


def test_the_place_that_is_full_is_named_and_measured_apart() -> None:
    state = judged(root(), root(free_percent=1.0, point="/boot"))
    assert state.facts["where"] == "/boot"
    assert state.metrics["boot_free_percent"] == 1.0
    assert state.metrics["free_percent"] == 50.0


def test_a_disk_recovers_only_when_it_is_clearly_better() -> None:
    before = frozenset({("storage-low", "/")})
    assert judged(root(free_percent=11.0), before=before).reasons == ("storage-low",)
    assert judged(root(free_percent=13.0), before=before).reasons == ()


def test_one_disk_that_was_low_does_not_lower_the_bar_for_another() -> None:
    before = frozenset({("storage-low", "/boot")})
    assert judged(root(free_percent=11.0), before=before).reasons == ()


@pytest.mark.parametrize(
    ("worn", "health", "reasons"),
    [
        (Wear("mmcblk0", 30.0, False), Health.OK, ()),
        (Wear("mmcblk0", 100.0, False), Health.DEGRADED, ("wear-high",)),
        (Wear("sda", None, True), Health.FAILED, ("disk-failing",)),
    ],
)
def test_wear(worn: Wear, health: Health, reasons: tuple[str, ...]) -> None:
    state = judged(root(), worn=(worn,))
    assert (state.health, state.reasons) == (health, reasons)


def test_a_file_system_remounted_read_only_by_the_kernel_is_seen() -> None:
    line = "27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 ro,errors=remount-ro"
    assert mounts.parse_mountinfo(line) == (Mount("/", "8:1", "ext4", True),)


def test_a_torn_line_of_mountinfo_is_left_out() -> None:
    assert mounts.parse_mountinfo("27 1 8:1 / /\n\nrubbish - x") == ()


def test_a_later_mount_hides_an_earlier_one_at_the_same_point() -> None:
    first, second = Mount("/", "8:1", "ext4", True), Mount("/", "8:2", "ext4", False)
    assert mounts.that_matter([first, second], ["/"]) == (second,)


def test_a_live_system_is_not_meant_to_be_writable_by_its_fstab() -> None:
    assert mounts.parse_fstab("# UNCONFIGURED FSTAB FOR BASE SYSTEM\n\n") == frozenset()
    assert mounts.parse_fstab("/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto,ro 0 0") == (
        frozenset()
    )


SMARTCTL = """#!/bin/sh
# Answers like smartctl 7.3 on an NVMe disk; exit status 4 as it has after an old self-test.
echo '{"smartctl": {"exit_status": 4}, "smart_status": {"passed": true},
 "nvme_smart_health_information_log": {"percentage_used": 7, "asked": "'"$*"'"}}'
exit 4
"""


@pytest.fixture
def smartctl(tmp_path: Path) -> Path:
    program = tmp_path / "smartctl"
    program.write_text(SMARTCTL)
    program.chmod(0o755)
    return program


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    for disk, removable in (("nvme0n1", "0"), ("sda", "1")):
        folder = tmp_path / "sys/block" / disk
        folder.mkdir(parents=True)
        (folder / "removable").write_text(f"{removable}\n")
    return tmp_path / "sys"


def test_smartctl_is_asked_about_fixed_disks_and_believed_whatever_its_exit_status(
    sys: Path, smartctl: Path
) -> None:
    assert wear.read_smart(sys, smartctl) == (Wear("nvme0n1", 7.0, False),)


def test_without_smartctl_no_disk_is_asked(sys: Path, tmp_path: Path) -> None:
    assert wear.read_smart(sys, tmp_path / "absent") == ()


def test_a_smartctl_that_talks_rubbish_tells_nothing() -> None:
    assert wear.parse_smart("sda", b"Permission denied") is None
    assert wear.parse_smart("sda", b'{"smart_status": "odd", "endurance_used": 3}') is None


def test_our_figures_agree_with_those_of_df() -> None:
    (state,) = storage.probe(CONFIG).run(Context(CONFIG, "boot", None))
    used, available = _df("--output=used,avail", "-B1")
    inodes, inodes_free = _df("--output=itotal,iavail")
    assert state.metrics["free_percent"] == pytest.approx(
        100 * available / (used + available), abs=0.5
    )
    assert state.metrics["free_bytes"] == pytest.approx(available, rel=0.02)
    assert state.metrics.get("inodes_free_percent", 0.0) == pytest.approx(
        100 * inodes_free / inodes if inodes else 0.0, abs=0.5
    )


def _df(*options: str) -> tuple[int, int]:
    said = subprocess.run(
        ["/usr/bin/df", *options, "/"], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    first, second = said.splitlines()[1].split()
    return int(first), int(second)
