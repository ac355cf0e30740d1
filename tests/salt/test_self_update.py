"""Salt repairs the agent, by a real salt-call and a signed release: whatever broke, it is back."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent import packaging, trial
from agent.versions import PROGRAM
from controller.rollouts.building import build
from tests.peer.region import ROOT
from tests.salt.stage import PROGRAMS, is_installed

VERSION = "0.1.0"
_OLD = "0.0.9"


class Kiosk:
    """A folder with a minion's configuration, whose environment is one release."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.keys = folder, folder / "agent", folder / "keys"
        self.state = folder / "state"
        for made in (self.keys, self.state, folder / "etc"):
            made.mkdir()
        self.release = folder / "r1"
        key = Ed25519PrivateKey.generate()
        package = folder / f"vigie-agent-{VERSION}.tar.gz"
        packaging.build(package)
        states = folder / "states"
        for name in ("_modules", "_states"):
            shutil.copytree(ROOT / "salt_states" / name, states / name)
        parts, now = {"states": states}, datetime.now(UTC)
        build("r1", self.release, parts=parts, agent=(VERSION, package), key=key, now=now)
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = key.public_key().public_bytes(serialization.Encoding.PEM, spki)
        (self.keys / "region.pub").write_bytes(pem)
        config = {
            "root_dir": str(folder / "root"),
            "file_client": "local",
            "file_roots": {"r1": [str(self.release / part) for part in ("states", "files")]},
            "vigie_agent_home": str(self.home),
            "vigie_release_keys": str(self.keys),
            "id": "pvp-1",
        }
        (folder / "etc/minion").write_text(json.dumps(config))
        self.call("saltutil.sync_all", "saltenv=r1")

    def call(self, *words: str) -> Any:
        program = [str(PROGRAMS / "salt-call"), "-c", str(self.folder / "etc"), "--local"]
        command = [*program, "--out=json", "--log-level=error", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        return json.loads(done.stdout)["local"]

    def apply(self, *words: str, limit_s: int = 0) -> dict[str, Any]:
        """What the one state says."""
        single = ("state.single", "vigie_agent.installed", "name=r1", f"limit_s={limit_s}")
        told: dict[str, dict[str, Any]] = self.call(*single, "saltenv=r1", *words)
        return next(iter(told.values()))

    def says(self) -> str:
        """What the current agent says of itself."""
        command = ["/usr/bin/python3", str(self.home / "current" / PROGRAM), "--version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.strip()


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Kiosk:
    if not is_installed():
        pytest.skip("Salt is not installed: ./scripts/setup salt")
    return Kiosk(tmp_path_factory.mktemp("k"))


@pytest.fixture
def kiosk(raised: Kiosk) -> Kiosk:
    shutil.rmtree(raised.home, ignore_errors=True)
    return raised


def test_an_agent_that_is_not_there_is_laid_and_then_nothing_changes(kiosk: Kiosk) -> None:
    said = kiosk.apply("test=True")
    assert (said["result"], trial.current(kiosk.home)) == (None, "")
    assert kiosk.apply()["changes"] == {"agent": {"old": "none (broken)", "new": VERSION}}
    assert kiosk.says() == VERSION
    assert kiosk.apply() | {"duration": 0, "start_time": ""} == kiosk.apply() | {
        "duration": 0,
        "start_time": "",
    }
    assert kiosk.apply("test=True")["result"] is True


def _lose_files(home: Path) -> None:
    shutil.rmtree(home / "versions" / VERSION / "lib" / "agent")


def _spoil_a_file(home: Path) -> None:
    (home / "versions" / VERSION / "lib/agent/cli.py").write_text("raise SystemExit(1)\n")


def _point_to_nothing(home: Path) -> None:
    trial.point(home, "9.9.9")


def _put_a_folder_for_the_link(home: Path) -> None:
    (home / "current").unlink()
    (home / "current").mkdir()


@pytest.mark.parametrize(
    "broken", [_lose_files, _spoil_a_file, _point_to_nothing, _put_a_folder_for_the_link]
)
def test_salt_repairs_the_agent(broken: Callable[[Path], None], kiosk: Kiosk) -> None:
    kiosk.apply()
    broken(kiosk.home)
    assert kiosk.apply("test=True")["result"] is None
    said = kiosk.apply()
    assert said["result"] is True, said
    assert kiosk.says() == VERSION


def test_a_version_that_is_taken_back_makes_the_state_fail(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_RESTART", ["/bin/true"])  # the host's systemd is not ours
    old = kiosk.home / "versions" / _OLD / PROGRAM
    old.parent.mkdir(parents=True)
    old.write_text("#!/bin/sh\n")
    trial.point(kiosk.home, _OLD)
    program = [str(PROGRAMS / "salt-call"), "-c", str(kiosk.folder / "etc"), "--local"]
    words = ["--out=json", "state.single", "vigie_agent.installed", "name=r1", "limit_s=1"]
    with subprocess.Popen([*program, *words, "saltenv=r1"], stdout=subprocess.PIPE) as state:
        while state.poll() is None:  # as systemd's timer does
            trial.guard(kiosk.home, kiosk.state)
        assert state.stdout is not None
        said = next(iter(json.loads(state.stdout.read())["local"].values()))
    assert said["result"] is False
    assert "taken back" in said["comment"]
    assert trial.current(kiosk.home) == _OLD


def test_a_release_that_nobody_trusted_has_signed_is_not_laid(kiosk: Kiosk) -> None:
    key = kiosk.keys / "region.pub"
    held = key.read_bytes()
    other = Ed25519PrivateKey.generate().public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    key.write_bytes(other.public_bytes(serialization.Encoding.PEM, spki))
    said = kiosk.apply()
    key.write_bytes(held)
    assert said["result"] is False
    assert "signed by no key" in said["comment"]
    assert not kiosk.home.exists()
