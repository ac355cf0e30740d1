"""As whom a hook runs, with what, and for how long: a real process each time."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.firmware import process
from agent.firmware.errors import HookError
from agent.firmware.hooks import Candidates, Hook, User
from agent.firmware.process import Place, Rules
from agent.firmware.protocol import LIMITS_S, Progress, State
from tests.peer.region import wait_until

RULES = Rules("nobody")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vp-", dir="/tmp") as name:  # open to nobody
        Path(name).chmod(0o755)
        yield Path(name)


def hook(folder: Path, script: str, user: User = User.DEVICE) -> Hook:
    program = folder / "lab"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Hook("lab", program, user, Candidates.SERIAL, LIMITS_S, {})


def place(folder: Path) -> Place:
    (folder / "work").mkdir(mode=0o700)
    return Place(folder / "work", folder / "out")


@needs_root
def test_a_hook_for_devices_is_nobody_in_the_group_of_its_node(folder: Path) -> None:
    node = folder / "ttyLAB"
    node.touch()
    os.chown(node, 0, 20)
    script = 'echo "{\\"result\\": {\\"who\\": \\"$(id -u) $(id -G)\\"}}"'
    request = {"device": {"node": str(node)}}
    told = process.run(hook(folder, script), State.VERIFY, request, place(folder), RULES)
    uid, *groups = told.text("who").split()
    assert int(uid) != 0
    assert "20" in groups
    assert "0" not in groups


@needs_root
def test_it_has_no_capability_and_cannot_get_any(folder: Path) -> None:
    script = """caps=$(grep -E 'Cap(Eff|Bnd|Prm)|NoNewPrivs' /proc/self/status | tr -d '\\n\\t')
echo "{\\"result\\": {\\"caps\\": \\"$caps\\"}}"
"""
    told = process.run(hook(folder, script), State.VERIFY, {}, place(folder), RULES)
    none = "0" * 16
    assert told.text("caps") == f"CapPrm:{none}CapEff:{none}CapBnd:{none}NoNewPrivs:1"


@needs_root
def test_a_user_that_does_not_exist_is_named(folder: Path) -> None:
    with pytest.raises(HookError, match="user vigie-nobody is missing"):
        process.dropped(hook(folder, ""), [], "vigie-nobody")


def test_the_environment_is_empty_but_for_three_names(folder: Path) -> None:
    script = (
        'echo "{\\"result\\": {\\"names\\": \\"$(env | cut -d= -f1 | sort | tr \'\\n\' " ")\\"}}"'
    )
    told = process.run(hook(folder, script, User.ROOT), State.CHECK, {}, place(folder), RULES)
    assert set(told.text("names").split()) - {"PWD", "_", "SHLVL", "OLDPWD"} == {
        "HOME",
        "LC_ALL",
        "PATH",
    }


def test_progress_is_heard_while_it_runs(folder: Path) -> None:
    script = """echo '{"progress": 40, "step": "writing"}'; echo '{"result": {}}'"""
    heard: list[Progress] = []
    told = process.run(
        hook(folder, script, User.ROOT), State.FLASH, {}, place(folder), RULES, heard.append
    )
    assert told.is_good
    assert heard == [Progress(40, "writing")]


def test_past_its_limit_it_is_ended_with_its_children(folder: Path) -> None:
    script = f"sleep 600 & echo $! > {folder}/child; sleep 600"
    slow = replace(hook(folder, script, User.ROOT), limits_s={State.FLASH: 1.0})
    told = process.run(slow, State.FLASH, {}, place(folder), RULES)
    assert told.reason == "flash did not end within 1 s"
    child = int((folder / "child").read_text())
    wait_until(lambda: not is_running(child), "its child has ended too")


def is_running(pid: int) -> bool:
    """Whether a process is there, and not only waits to be asked how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
