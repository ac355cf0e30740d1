"""Whether a minion has reached its master, as the kernel has it; and how it is restarted."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import minionlife
from agent.config import Minion
from agent.errors import RemedyError


@pytest.fixture(params=["127.0.0.1", "::1"])
def master(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """Somebody who listens."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    try:
        made = socket.create_server((request.param, 0), family=family)
    except OSError:
        pytest.skip(f"{request.param} is not on this machine")
    with made:
        yield made


def test_a_connection_of_its_own_to_that_port_is_the_proof(master: socket.socket) -> None:
    port = master.getsockname()[1]
    assert not minionlife.is_connected(os.getpid(), port)
    with socket.create_connection(master.getsockname()[:2]):
        assert minionlife.is_connected(os.getpid(), port)
        assert not minionlife.is_connected(os.getpid(), port + 1)
    assert not minionlife.is_connected(os.getpid(), port)


def test_another_process_connection_is_none_of_its_own(master: socket.socket) -> None:
    other = subprocess.Popen(["/bin/sleep", "60"])
    with socket.create_connection(master.getsockname()[:2]):
        found = minionlife.is_connected(other.pid, master.getsockname()[1])
    other.kill()
    other.wait()
    assert not found


def test_of_a_process_that_is_gone_nothing_is_said() -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    assert not minionlife.is_connected(gone.pid, 4505)


def test_who_is_given_up_waits_no_longer(tmp_path: Path) -> None:
    over = threading.Event()
    over.set()
    place = Minion(pidfile=tmp_path / "none")
    assert minionlife.wait_connected(place, 4505, 600.0, over) is None


def test_a_minion_older_than_what_it_should_run_with_is_told(tmp_path: Path) -> None:
    pidfile, conf = tmp_path / "pid", tmp_path / "vigie.conf"
    place = Minion(pidfile=pidfile)
    assert not minionlife.is_older(place, (conf,))
    for path in (pidfile, conf):
        path.write_text("")
    os.utime(pidfile, (1000, 1000))
    os.utime(conf, (1001, 1001))
    assert minionlife.is_older(place, (conf,))
    os.utime(pidfile, (1002, 1002))
    assert not minionlife.is_older(place, (conf,))


def test_a_restart_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RemedyError, match="no such minion"):
        minionlife.restart(Minion(restart=("/bin/sh", "-c", "echo no such minion; exit 3")))
    with pytest.raises(RemedyError, match="cannot be run"):
        minionlife.restart(Minion(restart=(str(tmp_path / "none"),)))
