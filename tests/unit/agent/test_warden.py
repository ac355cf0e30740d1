"""A minion that stays down is repaired, within a budget; one that runs is left alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.config import Config, Minion
from agent.warden import Warden, running
from tests.agents import WAIT_S, FakeClock
from tests.agents import config as kiosk_config

HOUR_S = 3600.0


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Of a kiosk that has a minion, whose program cannot start."""
    made = kiosk_config(tmp_path)
    made.broker.key.parent.mkdir(parents=True, exist_ok=True)
    made.broker.key.with_name("minion.json").write_text("{}")
    return replace(
        made, minion=Minion(tmp_path / "salt", tmp_path, tmp_path / "minion.pid", ("/bin/false",))
    )


@pytest.fixture
def process(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One that is called salt-minion."""
    program = tmp_path / "salt-minion"
    program.write_text("import time\nprint('here', flush=True)\ntime.sleep(600)\n")
    made = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE)
    assert made.stdout is not None
    made.stdout.readline()
    yield made
    made.kill()
    made.wait()
    made.stdout.close()


def looked(warden: Warden, clock: FakeClock, times: int) -> None:
    for _ in range(times):
        warden.look()
        warden.wait(WAIT_S)
        clock.advance(HOUR_S)


def test_a_minion_that_was_missed_twice_is_repaired(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    warden = Warden(config, clock)
    looked(warden, clock, 1)
    assert caplog.text == ""
    looked(warden, clock, 1)
    assert "does not run" in caplog.text
    assert "cannot be repaired: there is no salt-minion in" in caplog.text


def test_tries_of_a_day_are_counted(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    warden = Warden(config, clock)
    looked(warden, clock, 20)
    assert caplog.text.count("cannot be repaired") == config.recovery.per_day
    assert caplog.text.count("does not run") == 1
    looked(warden, clock, 10)
    assert caplog.text.count("cannot be repaired") > config.recovery.per_day


def test_a_kiosk_without_a_minion_is_left_alone(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    config.broker.key.with_name("minion.json").unlink()
    clock = FakeClock()
    looked(Warden(config, clock), clock, 5)
    assert caplog.text == ""


def test_a_minion_that_runs_is_left_alone(
    config: Config, process: "subprocess.Popen[bytes]", caplog: pytest.LogCaptureFixture
) -> None:
    config.minion.pidfile.write_text(f"{process.pid}\n")
    assert running(config.minion.pidfile) == process.pid
    clock = FakeClock()
    looked(Warden(config, clock), clock, 5)
    assert caplog.text == ""


def test_another_process_of_that_number_is_no_minion(tmp_path: Path) -> None:
    other = subprocess.Popen(["/bin/sleep", "600"])
    (tmp_path / "pid").write_text(str(other.pid))
    found = running(tmp_path / "pid")
    other.kill()
    other.wait()
    assert found is None
