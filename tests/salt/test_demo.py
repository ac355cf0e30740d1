"""The demonstration with Salt: a change of the configuration comes to the real kiosk."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.peer.region import ROOT, free_port
from tests.salt.stage import is_installed

_LIMIT_S = 600.0


@pytest.mark.usefixtures("own_systems")
def test_the_check_rolls_a_change_out_and_leaves_no_mount() -> None:
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    mounts = Path("/proc/mounts").read_text()
    with tempfile.TemporaryDirectory(prefix="vd-", dir="/tmp") as folder:
        options = ("--port", "--door-port", "--broker-port")
        ports = [word for option in options for word in (option, str(free_port()))]
        command = [
            sys.executable,
            "-m",
            "simulator.demo.cli",
            "--check",
            "--folder",
            folder,
            *ports,
        ]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    assert done.returncode == 0, done.stderr
    assert "journal.max_mb = " in done.stdout
    assert " rolled out in " in done.stdout
    assert Path("/proc/mounts").read_text() == mounts
