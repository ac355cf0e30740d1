"""A full disk, a read-only disk: the other_end still hears, and nothing is lost or said twice."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import OutboxLimits
from agent.outbox import Outbox
from agent.spool import Rank
from agent.store import open_store
from tests.agents import KIOSK, report
from tests.peer.agent.running import Agent
from tests.peer.agent.test_kiosk import ended
from tests.peer.agent.test_power_cuts import numbers
from tests.peer.other_end import OtherEnd

MOUNT, UMOUNT = "/usr/bin/mount", "/usr/bin/umount"


class SmallDisk:
    """A file system of its own, 2 MiB."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Leave no byte."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Somebody cleaned up."""
        self._filler.unlink()

    def remount(self, mode: str) -> None:
        """`ro` or `rw`."""
        subprocess.run([MOUNT, "-o", f"remount,{mode}", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    path = tmp_path / "kiosk" / "state"
    path.mkdir(parents=True)
    mount = [MOUNT, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield SmallDisk(path)
    subprocess.run([UMOUNT, "-l", str(path)], check=True)


def test_an_outbox_on_a_full_disk_goes_on_in_memory_and_comes_back(disk: SmallDisk) -> None:
    outbox = Outbox(lambda: open_store(disk.path / "agent.db"), OutboxLimits())
    outbox.push(report("before"), Rank.CHANGE)
    disk.fill()
    said = [f"full {number}" for number in range(100)]
    for note in said:
        outbox.push(report(note * 50), Rank.CHANGE)
    assert outbox.trouble is not None
    assert "full" in outbox.trouble
    assert not outbox.retry_disk()
    assert len(outbox.pending(1000)) == 101
    disk.free()
    assert outbox.retry_disk()
    assert len({(key.epoch, key.seq) for key in outbox.pending(1000)}) == 101
    outbox.close()


def test_a_kiosk_with_a_full_disk_reports_and_refuses_to_act(
    disk: SmallDisk, agent: Agent, other_end: OtherEnd
) -> None:
    agent.start()
    other_end.wait(OtherEnd.reports)
    disk.fill()
    refused = other_end.order(KIOSK, "reboot")
    outcome = other_end.wait(lambda heard: ended(heard.outcomes(refused)))[-1]
    assert outcome.state == "refused"
    assert outcome.reason.startswith("journal-not-writable: ")
    assert "database or disk is full" in outcome.reason
    disk.free()
    agent.wait_for("the disk works again")
    done = other_end.order(KIOSK, "ping")
    other_end.wait(lambda heard: ended(heard.outcomes(done)))
    agent.stop()
    assert agent.said.count("until the disk works again") == 1
    assert all(seqs == set(range(1, len(seqs) + 1)) for seqs in numbers(other_end).values())


def test_a_kiosk_started_on_a_read_only_disk_reports_and_drains_once_it_is_writable(
    disk: SmallDisk, agent: Agent, other_end: OtherEnd
) -> None:
    backlog = Outbox(lambda: open_store(disk.path / "agent.db"), OutboxLimits())
    backlog.push(report("backlog"), Rank.CHANGE)
    epoch = backlog.disk().epoch
    backlog.close()
    disk.remount("ro")
    agent.start()
    first = other_end.wait(lambda heard: [one for one in heard.reports() if one.is_full])[0]
    assert first.epoch != epoch
    disk.remount("rw")
    other_end.wait(lambda heard: heard.committed(epoch) >= 1)
    assert agent.said.count("until the disk works again") == 1
    assert "the disk works again: the outbox is back on it" in agent.said
