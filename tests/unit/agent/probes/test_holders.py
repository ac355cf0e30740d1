"""Who holds a camera or listens to a microphone: real processes that hold real files."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.probes import holders
from agent.probes.capture import Captures
from agent.probes.holders import Holders

LIMIT_S = 30.0
#: Opens its argument for as long as its input is open, in a session of its own.
HOLD = "import sys; held = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
#: Starts the same below a parent that ends at once, so that it is not a child of ours.
ORPHAN = (
    "import subprocess, sys;"
    f"start = [sys.executable, '-c', {HOLD!r}, sys.argv[1]];"
    "one = subprocess.Popen(start, stdout=subprocess.PIPE);"
    "one.stdout.readline(); print(one.pid, flush=True)"
)


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "video0"
    path.touch()
    return path


@contextmanager
def held(node: Path, code: str = HOLD) -> Iterator[int]:
    """A process holds the node; answers its pid."""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(node)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        if said:
            process.wait(LIMIT_S)
        yield int(said or process.pid)
        assert process.stdin is not None
        process.stdin.close()


def used() -> tuple[str, ...]:
    return ("1",)


def test_a_strangers_hold_is_found_with_its_name_and_gone_with_it(node: Path) -> None:
    watching = Holders(gate=used, clock=iter(range(0, 10_000, 60)).__next__)
    assert watching.who({str(node)}) is None
    with held(node, ORPHAN) as pid:
        found = watching.who({str(node)})
        assert found is not None
        assert (found.pid, found.program) == (pid, holders.program(pid))
        assert watching.who({str(node)}) is found
    limit = time.monotonic() + LIMIT_S
    while holders.search({str(node)}) is not None and time.monotonic() < limit:
        time.sleep(0.02)
    assert watching.who({str(node)}) is None


def test_ours_never_count(node: Path) -> None:
    with node.open(), held(node):
        assert holders.search({str(node)}) is None


def test_a_program_that_is_ignored_does_not_count(node: Path) -> None:
    with held(node, ORPHAN) as pid:
        assert holders.search({str(node)}, {holders.program(pid)}) is None


def test_nothing_is_searched_while_no_driver_is_used(node: Path) -> None:
    with held(node, ORPHAN):
        assert Holders(gate=lambda: ("",)).who({str(node)}) is None


def test_a_driver_tells_whether_it_is_used(tmp_path: Path) -> None:
    module = tmp_path / "video0" / "device" / "driver" / "module"
    module.mkdir(parents=True)
    (module / "refcnt").write_text("0\n")
    assert holders.uses(tmp_path) == ("",)
    (module / "refcnt").write_text("2\n")
    assert holders.uses(tmp_path) == ("2",)
    (module / "refcnt").unlink()
    assert holders.uses(tmp_path) is None


def sound(root: Path, status: str) -> Path:
    stream = root / "card1" / "pcm0c" / "sub0"
    stream.mkdir(parents=True, exist_ok=True)
    (stream / "status").write_text(status)
    return root


def test_a_program_that_records_is_told_by_alsa(tmp_path: Path) -> None:
    captures = Captures(sound=sound(tmp_path, "closed\n"))
    assert captures.who() is None
    sound(tmp_path, "state: RUNNING\nowner_pid   : 4242\n")
    found = captures.who()
    assert found is not None
    assert found.pid == 4242


def test_our_own_recording_is_nobodys_visit(tmp_path: Path) -> None:
    process = tmp_path / "proc" / "4242"
    process.mkdir(parents=True)
    (process / "status").write_text(f"Name:\tarecord\nTgid:\t4242\nPPid:\t{os.getpid()}\n")
    root = sound(tmp_path, "state: RUNNING\nowner_pid   : 4242\n")
    assert Captures(proc=tmp_path / "proc", sound=root).who() is None


def test_a_kiosk_without_sound_records_nothing(tmp_path: Path) -> None:
    assert Captures(sound=tmp_path / "none").who() is None
