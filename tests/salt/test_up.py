"""A small installation: `vigie up` runs master and API, and starts again what ends."""

import json
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.salt.port import PortError
from tests.peer.region import Region, free_port, wait_until
from tests.salt.stage import PROGRAMS, Stage, is_installed


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    with Stage(by_up=True) as raised:
        yield raised


def _pid(stage: Stage, name: str) -> int:
    return int((stage.salt / "run" / f"{name}.pid").read_text())


@pytest.mark.parametrize("name", ["master", "api"])
def test_what_is_killed_is_back_without_a_hand(stage: Stage, name: str) -> None:
    killed = _pid(stage, name)
    os.kill(killed, signal.SIGKILL)
    wait_until(
        lambda: f"salt-{name:<6} | ended with SIGKILL" in stage.region.log("up"), "its end is said"
    )

    def is_back() -> bool:
        try:
            stage.port.accepted()
        except PortError:
            return False
        return _pid(stage, name) != killed

    wait_until(is_back, f"salt-{name} is back: {stage.region.log('up')}", 60)


def test_status_tells_keys_that_are_of_no_kiosk_and_minions_that_are_silent(stage: Stage) -> None:
    assert "0 on the master, 0 expected" in stage.region.vigie("salt", "status")
    made = stage.minion("pvp-strange")
    stage.port.accept(made.kiosk, made.public_key)
    told = stage.region.vigie("salt", "status", "--json", "--wait", "0.5", code=1)
    found = json.loads(told)
    assert found["strange"] == ["pvp-strange"]
    assert found["silent"] == ["pvp-strange"]
    assert found["missing"] == []


def test_nothing_of_salt_is_left_when_up_ends(stage: Stage) -> None:
    pids = [_pid(stage, name) for name in ("master", "api")]
    groups = {os.getpgid(pid) for pid in pids}
    assert stage.region.stop("up") == 0

    def are_gone() -> bool:
        for group in groups:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                continue
            return False
        return True

    wait_until(are_gone, "master and API with all their workers are gone")


def test_a_port_that_another_master_has_is_named() -> None:
    toml = (
        f'[salt]\nis_managed = true\nprograms = "{PROGRAMS}"\nlisten = "127.0.0.1"\n'
        f"return_port = {free_port()}\napi_port = {free_port()}\n"
    )
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with tempfile.TemporaryDirectory(prefix="vs-", dir="/tmp") as folder:
            region = Region(Path(folder), f"{toml}publish_port = {port}\n")
            told = region.vigie("up", code=2)
    assert f"salt.publish_port is {port}, which cannot be listened on" in told
