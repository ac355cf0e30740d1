"""Some days of the simulated year, as `./scripts/bench alerts` lives all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peer.postgres import binaries
from tests.peer.region import MOSQUITTO, ROOT

#: Weekdays of March, two of whose days have a fault of many.
_DAYS = ("--first", "2026-03-02", "--days", "14")


def live(how: str, folder: Path, *options: str) -> dict[str, Any]:
    """What the judge says of it."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.year", how, str(folder), *_DAYS, *options],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "controller.settings"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, Any] = json.loads(done.stdout)
    said["told"] = done.stderr[-3000:]
    return said


def is_true_and_few(said: dict[str, Any]) -> bool:
    """Every fault alerted, no alert of anything else, one message a cause, and all of them sent."""
    return (
        said["recall"] == 1
        and said["false_alerts"] == said["unexplained_messages"] == said["unsent"] == 0
        and said["notifications_per_cause"] == 1
    )


def test_each_fault_is_told_once_and_nothing_else_is(tmp_path: Path) -> None:
    said = live("straight", tmp_path)
    assert is_true_and_few(said), said
    assert said["faults"] >= 10


@pytest.mark.skipif(
    binaries() is None or not Path(MOSQUITTO).exists(), reason="no PostgreSQL or no mosquitto"
)
def test_so_it_is_while_everybody_is_killed_at_random(tmp_path: Path) -> None:
    said = live("killed", tmp_path, "--played", "8", "--killed-in", "100")
    assert is_true_and_few(said), said
    assert sum(said["kills"].values()) >= 4
