"""The storage probe on a real file system that fills up, and that turns read-only."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contract.health import DeviceState
from tests.faults import Detection, fault
from tests.peer.agent.child import Child

HERE = Path(__file__).parent
UNSHARE = ["/usr/bin/unshare", "--mount", "--propagation", "private"]


class Disk(Child):
    """A small file system, and the storage probe looking at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        super().__init__([*UNSHARE, sys.executable, str(HERE / "diskside.py"), self.folder])

    def measure(self) -> DeviceState:
        """One run of the probe."""
        return msgspec.json.decode(self.ask("measure"), type=DeviceState)

    def do(self, order: str) -> None:
        """Something happens to the file system."""
        assert self.ask(order) == "done"

    def metric(self, name: str) -> str:
        """What this file system's figure is called."""
        return re.sub("[^a-z0-9]+", "_", self.folder.lower()).strip("_")[:40] + f"_{name}"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    trial = subprocess.run(
        [*UNSHARE, "/usr/bin/mount", "-t", "tmpfs", "lab", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if trial.returncode != 0:
        pytest.skip(f"no mounts here (they need root): {trial.stderr.strip()}")
    made = Disk(tmp_path)
    yield made
    made.close()


@fault("storage", "disk full", "a small file system is filled", "failed", "storage-full")
def test_a_disk_that_fills_up_fails_and_recovers_when_emptied(
    disk: Disk, detection: Detection
) -> None:
    assert disk.measure().metrics[disk.metric("free_percent")] == 100.0
    detection.begins()
    disk.do("fill")
    full = disk.measure()
    detection.ends(full)
    assert disk.folder in str(full.facts["where"]).split()
    assert full.metrics[disk.metric("free_bytes")] == 0
    disk.do("empty")
    assert "storage-full" not in disk.measure().reasons


def test_a_disk_with_too_many_files_is_said_so(disk: Disk) -> None:
    disk.measure()
    disk.do("crowd")
    crowded = disk.measure()
    assert "inodes-low" in crowded.reasons  # its health depends on this machine's own disks too
    assert disk.folder in str(crowded.facts["where"]).split()


@fault("storage", "turned read-only", "a file system is remounted", "failed", "read-only")
def test_a_disk_that_turns_read_only_has_failed(disk: Disk, detection: Detection) -> None:
    assert "read-only" not in disk.measure().reasons
    detection.begins()
    disk.do("freeze")
    detection.ends(disk.measure())


def test_a_disk_that_was_read_only_from_the_start_is_meant_so(disk: Disk) -> None:
    disk.do("freeze")
    assert "read-only" not in disk.measure().reasons
