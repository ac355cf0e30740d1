"""A version on trial, with real processes: what it does and where it is killed, the kiosk has an
agent afterwards."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent import trial, versions
from agent.packaging import build
from agent.releases import digest
from agent.versions import VersionError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Version 1 is current, version 2 is laid."""
    home = tmp_path / "agent"
    for version in ("1", "2"):
        program = home / "versions" / version / versions.PROGRAM
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
    trial.point(home, "1")
    return home


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def run(verb: str, home: Path, state: Path) -> None:
    """As systemd runs it: the copy, with nothing else of the agent's."""
    command = [sys.executable, "-I", str(home / "guard.py"), verb, str(home), str(state)]
    subprocess.run(command, check=True, timeout=30)


def crash_at(line: str, verb: str, home: Path, state: Path) -> None:
    """Run the guard and end it by SIGKILL just where `line` would be called."""
    source = (
        "import os, runpy, signal, sys; sys.path.insert(0, sys.argv[1]); import guard;"
        "from pathlib import Path;"
        f"guard.{line} = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        "guard._RESTART = ['/bin/true'];"
        f"guard.{verb}(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", source, str(home), str(state)]
    assert subprocess.run(command, check=False, timeout=30).returncode == -9


def age(home: Path, **changed: object) -> None:
    told = json.loads((home / "trial.json").read_bytes())
    (home / "trial.json").write_text(json.dumps({**told, **changed}))


def test_a_version_that_proves_itself_is_kept(home: Path, state: Path) -> None:
    versions.switch(home, "2")
    run("start", home, state)
    assert trial.prove(home, state, "2")
    run("look", home, state)
    assert trial.current(home) == "2"
    assert trial.read(home) is None
    told = trial.verdict(home)
    assert told is not None
    assert told["is_kept"]


def test_none_is_tried_while_another_is_on_trial_and_the_good_one_stays(
    home: Path, state: Path
) -> None:
    shutil.copytree(home / "versions" / "2", home / "versions" / "3")
    versions.switch(home, "2")
    with pytest.raises(VersionError, match="version 2 is on trial: try 3 once"):
        versions.switch(home, "3")
    assert versions.forget(home) == ("3",)
    assert {path.name for path in (home / "versions").iterdir()} == {"1", "2"}


def test_the_version_that_is_left_cannot_speak_for_the_new_one(home: Path, state: Path) -> None:
    versions.switch(home, "2")
    assert not trial.prove(home, state, "1")


def test_a_proof_of_an_earlier_trial_does_not_count(home: Path, state: Path) -> None:
    versions.switch(home, "2")
    trial.prove(home, state, "2")
    run("look", home, state)
    versions.switch(home, "1")
    versions.switch(home, "2", limit_s=0)
    run("start", home, state)
    assert trial.current(home) == "1"


def test_a_version_that_crashes_at_each_start_is_taken_back(home: Path, state: Path) -> None:
    versions.switch(home, "2")
    for _ in range(trial.MAX_STARTS):
        run("start", home, state)
        assert trial.current(home) == "2"
    run("start", home, state)
    assert trial.current(home) == "1"
    told = trial.verdict(home)
    assert told is not None
    assert "started 6 times" in told["why"]


def test_a_version_that_hangs_or_never_connects_is_taken_back(home: Path, state: Path) -> None:
    versions.switch(home, "2", limit_s=300)
    run("start", home, state)
    age(home, begun_s=trial.since_boot_s() - 301)
    run("start", home, state)
    assert trial.current(home) == "1"
    assert trial.read(home) is None


def test_a_trial_goes_on_after_a_power_cut_with_its_limit_anew(home: Path, state: Path) -> None:
    versions.switch(home, "2", limit_s=1e9)
    age(home, boot="another", begun_s=1e12)
    run("start", home, state)
    told = trial.read(home)
    assert told is not None
    assert (told["boots"], told["begun_s"]) == (1, 0.0)
    assert trial.current(home) == "2"


def test_a_version_under_which_the_machine_restarts_ever_again_is_taken_back(
    home: Path, state: Path
) -> None:
    versions.switch(home, "2", limit_s=1e9)
    for number in range(trial.MAX_BOOTS + 1):
        age(home, boot=f"boot {number}", starts=0)
        run("start", home, state)
    assert trial.current(home) == "1"


def test_a_switch_cut_off_before_its_link_leaves_the_old_version(home: Path, state: Path) -> None:
    trial.begin(home, "2", limit_s=0)
    run("start", home, state)
    assert trial.current(home) == "1"
    assert trial.read(home) is None


@pytest.mark.parametrize("line", ["point", "_close", "_decide"])
def test_a_guard_killed_in_the_midst_is_followed_by_one_that_ends_it(
    line: str, home: Path, state: Path
) -> None:
    versions.switch(home, "2", limit_s=0)
    crash_at(line, "guard", home, state)
    assert trial.read(home) is not None
    run("start", home, state)
    assert trial.current(home) == "1"
    assert trial.read(home) is None
    told = trial.verdict(home)
    assert told is not None
    assert not told["is_kept"]


def test_a_proof_that_comes_too_late_changes_nothing(home: Path, state: Path) -> None:
    versions.switch(home, "2", limit_s=0)
    crash_at("point", "guard", home, state)
    trial.prove(home, state, "2")
    run("start", home, state)
    assert trial.current(home) == "1"


def test_a_package_is_the_same_twice_and_runs_where_it_is_laid(tmp_path: Path) -> None:
    one, other = tmp_path / "one.tar.gz", tmp_path / "other.tar.gz"
    version = build(one)
    build(other)
    assert one.read_bytes() == other.read_bytes()
    home = tmp_path / "agent"
    assert versions.install(home, version, one, digest(one))
    assert not versions.install(home, version, one, digest(one))
    versions.switch(home, version)
    program = home / "current" / versions.PROGRAM
    done = subprocess.run(
        [sys.executable, str(program), "--version"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == version


def test_a_version_that_lost_a_file_is_laid_anew(tmp_path: Path) -> None:
    package, home = tmp_path / "one.tar.gz", tmp_path / "agent"
    version = build(package)
    versions.install(home, version, package, digest(package))
    (home / "versions" / version / "lib/agent/kiosk.py").unlink()
    assert versions.install(home, version, package, digest(package))
    assert (home / "versions" / version / "lib/agent/kiosk.py").is_file()


def test_a_package_that_is_not_the_signed_one_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "one.tar.gz"
    build(package)
    with pytest.raises(versions.VersionError, match="must have 00"):
        versions.install(tmp_path / "agent", "1", package, "0" * 64)
    assert not (tmp_path / "agent").exists()
