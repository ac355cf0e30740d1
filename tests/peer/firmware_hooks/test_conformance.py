"""Every hook there is, against its peer: what it does, and what is left of it whatever ends it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.firmware_hooks import peering
from tests.peer.firmware_hooks.kiosk import Kiosk
from tests.peer.firmware_hooks.peering import Peer
from tests.peer.region import wait_until

HEADINGS = (
    "## What it is for",
    "## Device identity",
    "## Update",
    "## Verification",
    "## Rollback",
    "## Quirks",
    "## Privileges",
    "## Needs hardware",
)
FORWARD = ("check", "prepare", "flash", "verify", "cleanup")
#: By the state in which everything ends: the version that the device runs afterwards.
ENDS = {
    "check": "old",
    "prepare": "old",
    "flash:before": "old",
    "flash:after": "new",
    "verify": "new",
    "cleanup": "new",
}
MOMENTS = [f"{state}:{side}" for state in FORWARD for side in ("before", "after")]


@pytest.fixture(scope="module", params=peering.names())
def device(request: pytest.FixtureRequest) -> Iterator[tuple[str, Peer, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="vf-", dir="/tmp"))  # nobody passes pytest's folders
    folder.chmod(0o755)
    peer = peering.peer(request.param, folder / "peer")
    yield request.param, peer, folder
    peer.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def kiosk(device: tuple[str, Peer, Path]) -> Iterator[Kiosk]:
    name, peer, folder = device
    peer.reset()
    home = folder / "kiosk"
    home.mkdir(mode=0o755)
    made = Kiosk(home, name, peer)
    made.release("r1", peer.new)
    yield made
    shutil.rmtree(home)


def test_its_readme_has_the_headings_that_all_have(device: tuple[str, Peer, Path]) -> None:
    text = (peering.HOOKS / device[0] / "README.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == list(HEADINGS)


def test_the_inventory_names_the_device_and_its_version(kiosk: Kiosk) -> None:
    told = kiosk.run("inventory")
    assert told["troubles"] == []
    assert kiosk.peer.old.version in [one["version"] for one in told["devices"]]
    assert {one["hook"] for one in told["devices"]} == {kiosk.name}


def test_the_plan_tells_what_would_be_done_and_does_nothing(kiosk: Kiosk) -> None:
    (due,) = kiosk.run("plan")["plan"]
    assert (due["from"], due["to"]) == (kiosk.peer.old.version, kiosk.peer.new.version)
    assert due["is_due"]
    assert kiosk.peer.version() == kiosk.peer.old.version


def test_an_update_brings_the_device_to_the_releases_version_once(kiosk: Kiosk) -> None:
    assert kiosk.apply()["outcome"] == "updated"
    assert kiosk.peer.version() == kiosk.peer.new.version
    assert kiosk.run("apply")["done"] == []


def test_a_later_release_takes_the_version_back(kiosk: Kiosk) -> None:
    kiosk.apply()
    kiosk.release("r2", kiosk.peer.old)
    assert kiosk.apply()["outcome"] == "updated"
    assert kiosk.peer.version() == kiosk.peer.old.version


def test_firmware_that_is_not_what_it_says_is_taken_back(kiosk: Kiosk) -> None:
    kiosk.release("r2", kiosk.peer.wrong)
    done = kiosk.apply()
    assert done["outcome"] == "rolled-back"
    assert f"not {kiosk.peer.wrong.version}" in done["reason"]
    assert kiosk.peer.version() == kiosk.peer.old.version


@pytest.mark.parametrize("stop", MOMENTS)
def test_killed_in_any_state_it_comes_to_a_good_end(kiosk: Kiosk, stop: str) -> None:
    kiosk.kill(kiosk.stopped(stop))
    (done,) = kiosk.run("resume")["done"]
    _expect(kiosk, stop, done)


@pytest.mark.parametrize("stop", [f"{state}:after" for state in FORWARD])
def test_a_power_cut_in_any_state_leaves_a_device_that_works(kiosk: Kiosk, stop: str) -> None:
    kiosk.cut_power(kiosk.stopped(stop))
    (done,) = kiosk.run("resume")["done"]
    _expect(kiosk, stop, done)


@pytest.mark.parametrize("stop", ["rollback:before", "rollback:after"])
def test_killed_while_taking_back_it_takes_back(kiosk: Kiosk, stop: str) -> None:
    kiosk.release("r2", kiosk.peer.wrong)
    kiosk.kill(kiosk.stopped(stop))
    (done,) = kiosk.run("resume")["done"]
    assert done["outcome"] == "rolled-back"
    assert kiosk.peer.version() == kiosk.peer.old.version


def test_power_cut_while_taking_back_it_takes_back(kiosk: Kiosk) -> None:
    kiosk.release("r2", kiosk.peer.wrong)
    kiosk.cut_power(kiosk.stopped("rollback:before"))
    (done,) = kiosk.run("resume")["done"]
    assert done["outcome"] == "rolled-back"
    assert kiosk.peer.version() == kiosk.peer.old.version


def test_a_hook_that_is_killed_alone_is_answered_by_its_runner(kiosk: Kiosk) -> None:
    process = kiosk.stopped("flash:before")
    kiosk.kill_hook()
    out, _ = process.communicate(timeout=60)
    assert b"rolled-back" in out
    assert kiosk.peer.version() == kiosk.peer.old.version


def test_nobody_else_begins_while_the_hook_of_a_killed_runner_writes(kiosk: Kiosk) -> None:
    kiosk.kill(kiosk.stopped("flash:before"), also_hook=False)
    assert kiosk.run("inventory") == {"refused": "another firmware update is running"}
    kiosk.kill_hook()
    wait_until(lambda: "devices" in kiosk.run("inventory"), "the lock is free again")


@pytest.mark.parametrize("fault", ["garbage", "wrong-json", "nothing", "flood", "fails"])
def test_what_is_no_answer_counts_as_a_failure_and_is_taken_back(kiosk: Kiosk, fault: str) -> None:
    done = kiosk.apply(fault=f"flash:{fault}")
    assert done["outcome"] == "rolled-back"
    assert done["reason"]
    assert kiosk.peer.version() == kiosk.peer.old.version


def test_a_device_that_nobody_can_ask_any_more_needs_a_hand(kiosk: Kiosk) -> None:
    done = kiosk.apply(fault="verify:garbage")
    assert done["outcome"] == "broken"
    assert "said what is no line of the protocol" in done["reason"]


def test_a_state_that_hangs_is_ended_with_all_that_it_started(kiosk: Kiosk) -> None:
    kiosk.release("r1", kiosk.peer.new, limits="flash = 0.5")
    done = kiosk.apply(fault="flash:hangs")
    assert done["outcome"] == "rolled-back"
    assert "flash did not end within 0.5 s" in done["reason"]


def test_an_altered_hook_does_not_run(kiosk: Kiosk) -> None:
    path = kiosk.maker.releases / "r1/hooks/v1" / kiosk.name / f"{kiosk.name}.real"
    path.write_bytes(path.read_bytes() + b"\n# a friendly addition\n")
    told = kiosk.run("inventory")
    assert told["devices"] == []
    assert "is not what was signed in release r1" in told["troubles"][0]


def test_a_file_laid_beside_a_signed_hook_keeps_it_from_running(kiosk: Kiosk) -> None:
    (kiosk.maker.releases / "r1/hooks/v1/lib/json.py").write_text("import os\n")
    told = kiosk.run("inventory")
    assert told["devices"] == []
    assert "json.py is not in the manifest" in told["troubles"][0]


def test_altered_firmware_is_not_written(kiosk: Kiosk) -> None:
    path = kiosk.maker.releases / "r1/firmware" / kiosk.peer.new.file
    path.write_bytes(path.read_bytes() + b"!")
    assert "is not what was signed" in kiosk.run("apply")["error"]
    assert kiosk.peer.version() == kiosk.peer.old.version


def _expect(kiosk: Kiosk, stop: str, done: dict[str, str]) -> None:
    end = ENDS.get(stop) or ENDS[stop.partition(":")[0]]
    wanted = {"old": kiosk.peer.old, "new": kiosk.peer.new}[end]
    assert kiosk.peer.version() == wanted.version, done
    if end == "new":
        assert done["outcome"] == "updated"
    else:
        assert done["outcome"] in ("later", "rolled-back")
