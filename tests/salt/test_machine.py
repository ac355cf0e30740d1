"""A small Debian system of its own: real namespaces, a real systemd, an untouched host."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.errors import MachineError
from simulator.machine import root as files
from simulator.machine.machine import Machine

CACHE = Path(__file__).parents[2] / ".cache"


@pytest.fixture(scope="module")
def folder(own_systems: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("machine") / "root"
    files.make(root, CACHE, (), print)
    yield root
    files.remove(root)


@pytest.fixture
def machine(folder: Path, tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "seen").write_text("from outside")
    made = Machine(folder, "pvp-test", binds={tmp_path / "seen": "/opt/seen"})
    made.start()
    yield made
    made.stop()


def test_its_systemd_is_up_and_runs_what_it_is_told(machine: Machine) -> None:
    assert machine.must(["/usr/bin/systemctl", "is-system-running"]).strip() == "running"
    machine.must(["/usr/bin/systemd-run", "--wait", "/bin/touch", "/var/lib/told"])
    assert (machine.root / "var/lib/told").exists()


def test_nothing_of_the_host_can_be_changed_from_inside(machine: Machine) -> None:
    before = Path("/proc/sys/kernel/panic").read_text(), Path("/etc/hostname").read_text()
    for script in (
        "echo 7 > /proc/sys/kernel/panic",
        "echo > /opt/seen",
        "touch /sys/kernel/vigie",
    ):
        assert machine.run(["/bin/sh", "-c", script]).returncode != 0, script
    machine.must(["/bin/sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
    assert machine.must(["/bin/cat", "/opt/seen"]) == "from outside"
    after = Path("/proc/sys/kernel/panic").read_text(), Path("/etc/hostname").read_text()
    assert after == before
    assert machine.must(["/bin/cat", "/etc/hostname"]).strip() == "pvp-test"


def test_the_clock_modules_and_devices_are_out_of_its_reach(machine: Machine) -> None:
    machine.must(["/bin/ln", "-sf", "/usr/share/zoneinfo/Asia/Tokyo", "/etc/localtime"])
    machine.must(["/usr/bin/systemctl", "restart", "systemd-timedated"])
    drift_s = time.time() - time.monotonic()
    for command in (
        ["/bin/date", "-s", f"@{int(time.time())}"],
        ["/bin/mknod", "/dev/disk", "b", "254", "0"],
        ["/usr/bin/systemd-run", "--wait", "/bin/date", "-s", f"@{int(time.time())}"],
    ):
        assert machine.run(command).returncode != 0, command
    kept = machine.must(["/bin/sh", "-c", "grep CapBnd /proc/1/status /proc/self/status"])
    assert {int(line.split()[-1], 16) >> 25 & 1 for line in kept.splitlines()} == {0}  # SYS_TIME
    assert abs(time.time() - time.monotonic() - drift_s) < 1


def test_it_sees_no_process_and_no_network_of_the_host(machine: Machine) -> None:
    assert machine.must(["/bin/ps", "-p", "1", "-o", "comm="]).strip() == "systemd"
    links = machine.must(["/sbin/ip", "-brief", "link"]).splitlines()
    assert [line.split()[0] for line in links] == ["lo"]


def test_a_port_of_the_host_is_found_on_its_own_loopback(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            caller, _ = server.accept()
            with caller:
                caller.sendall(b"good day\n")

        threading.Thread(target=answer, daemon=True).start()
        machine = Machine(folder, "pvp-test", ports=(port,))
        machine.start()
        try:
            script = f"exec 3<>/dev/tcp/127.0.0.1/{port}; head -1 <&3"
            assert machine.must(["/bin/bash", "-c", script]).strip() == "good day"
        finally:
            machine.stop()


def test_once_stopped_nothing_of_it_is_left_but_its_files(folder: Path) -> None:
    mounts = Path("/proc/mounts").read_text()
    machine = Machine(folder, "pvp-test")
    machine.start()
    machine.must(["/bin/sh", "-c", "echo kept > /etc/kept"])
    machine.stop()
    assert Path("/proc/mounts").read_text() == mounts
    assert (folder / "etc/kept").read_text() == "kept\n"
    with pytest.raises(MachineError, match="pvp-test is not running"):
        machine.run(["/bin/true"])


@pytest.mark.usefixtures("own_systems")
def test_what_cannot_boot_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MachineError, match=r"pvp-empty does not boot: .+"):
        Machine(empty, "pvp-empty").start()
    shutil.rmtree(empty)  # nothing is mounted there
