"""The demonstration itself, on ports of its own: the main job, from end to end."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.broker import is_installed
from tests.peer.region import free_port

_LIMIT_S = 240.0
_ROOT = Path(__file__).parents[3]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[list[str]]:
    if not is_installed():
        pytest.skip("mosquitto is not installed")
    ports = [str(free_port()) for _ in range(3)]
    where = ("--port", ports[0], "--door-port", ports[1], "--broker-port", ports[2])
    folder = str(tmp_path / "demo")
    yield [sys.executable, "-m", "simulator.demo.cli", "--no-salt", "--folder", folder, *where]
    assert processes_of(tmp_path) == []


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that have to do with `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            found += [words] if str(folder) in words else []
    return found


def run(command: list[str], *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *more],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )


def test_the_check_starts_all_sees_all_and_leaves_nothing(
    command: list[str], tmp_path: Path
) -> None:
    first = run(command, "--check")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("demo --check: 103 of 103 kiosks online in ")
    assert " fired and acknowledged, test page of " in first.stdout
    assert "rules shortened for the demonstration" in first.stderr
    logins = tmp_path / "demo" / "logins.json"
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    before = logins.read_text()
    assert {row["role"] for row in json.loads(before)} == {"viewer", "technician", "administrator"}

    again = run(command, "--check")
    assert again.returncode == 0, again.stderr
    assert "one-time token" not in again.stderr
    assert "rules shortened" not in again.stderr
    assert logins.read_text() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_even_from_the_background(
    command: list[str], number: signal.Signals
) -> None:
    # A shell's `command &` starts it with SIGINT ignored.
    script = 'trap "" INT; exec "$@"'
    process = subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", *command],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, "it ended before it was up"
        said += line
    assert "http://127.0.0.1:" in said
    assert all(name in said for name in ("lecture", "technique", "admin"))
    process.send_signal(number)
    assert process.wait(_LIMIT_S) == 0
    process.stdout.close()


def test_nothing_is_caused_where_none_runs(command: list[str]) -> None:
    failed = run(command, "--cause", "provider")
    assert failed.returncode == 1
    assert "start ./scripts/demo first" in failed.stderr


def test_what_does_not_come_up_is_named(command: list[str], tmp_path: Path) -> None:
    command[command.index("--folder") + 1] = str(tmp_path)
    (tmp_path / "mine.txt").write_text("kept")
    failed = run(command, "--check", "--fresh")
    assert failed.returncode == 1
    assert "choose another" in failed.stderr
    assert (tmp_path / "mine.txt").read_text() == "kept"
