"""An update from end to end with a hook of a few lines: what it refuses, keeps and forgets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.config import Broker, Config
from agent.firmware import lock
from agent.firmware.errors import RefusedError
from agent.firmware.process import Rules
from agent.firmware.record import Record
from agent.firmware.runner import Ground, Runner
from agent.firmware.steps import Outcome, Stage
from tests.signed import Maker

#: Its device is a file; a version of `7` makes it say nothing any more.
HOOK = """#!/bin/sh
device=%s
echo "$1" >> %s
request=$(cat)
wanted=$(echo "$request" | sed 's/.*"firmware":{"file":"\\([^"]*\\)".*/\\1/')
case "$1" in
inventory) for one in a b; do list="$list${list:+,}{\\"id\\": \\"$one\\", \\"name\\": \\"$one\\",
    \\"version\\": \\"$(cat $device)\\"}"; done
    echo "{\\"result\\": {\\"devices\\": [$list]}}" | tr -d '\\n'; echo ;;
check) echo "{\\"result\\": {\\"applies\\": true, \\"from\\": \\"$(cat $device)\\"}}" ;;
flash) cp "$wanted" $device; echo '{"result": {}}' ;;
verify) [ "$(cat $device)" = 7 ] && exit 1
    echo "{\\"result\\": {\\"version\\": \\"$(cat $device)\\"}}" ;;
*) echo '{"result": {}}' ;;
esac
"""
INDEX = """
[[firmware]]
file = "new.bin"
version = "%s"
device = "a"
[[firmware]]
file = "new.bin"
version = "%s"
device = "b"
"""


class Kiosk:
    """Its device runs `version`; `asked` are the states that its hook was asked for."""

    def __init__(self, folder: Path, new: str = "2") -> None:
        self.folder, self.device, self.log = folder, folder / "device", folder / "log"
        self.device.write_text("1")
        self.maker = Maker(folder / "releases", folder / "keys")
        declared = b'protocol = 1\nuser = "root"\ncandidates = "none"\n'
        files = {
            "hooks/v1/lab/lab": (HOOK % (self.device, self.log)).encode(),
            "hooks/v1/lab/hook.toml": declared,
            "hooks/v1/lab/quirks.toml": b"",
            "firmware/new.bin": new.encode(),
            "firmware/index.toml": (INDEX % (new, new)).encode(),
        }
        self.maker.lay("r1", files, executable="hooks/v1/lab/lab")

    def runner(self, refuse: Callable[[Config], None] = lambda _: None) -> Runner:
        nowhere = Path("/nowhere")
        config = Config("pvp-1", Broker("", nowhere, nowhere, nowhere))
        ground = Ground(
            self.folder / "state", self.maker.releases, self.maker.keys, Rules(), refuse=refuse
        )
        return Runner(config, ground)

    def asked(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


def somebody(_config: Config) -> None:
    raise RefusedError("a citizen is in session")


def test_nothing_is_begun_while_somebody_is_there(kiosk: Kiosk) -> None:
    runner = kiosk.runner(somebody)
    with pytest.raises(RefusedError, match="a citizen is in session"):
        runner.apply(runner.release())
    assert set(kiosk.asked()) == {"inventory"}
    assert runner.history() == ()


def test_who_comes_before_the_flash_is_not_disturbed_by_it(kiosk: Kiosk) -> None:
    calls = 0

    def comes_later(config: Config) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            somebody(config)

    runner = kiosk.runner(comes_later)
    with pytest.raises(RefusedError):  # of the second device
        runner.apply(runner.release())
    (job,) = runner.history()
    assert (job.outcome, job.reason) == (Outcome.LATER, "a citizen is in session")
    assert "flash" not in kiosk.asked()


def test_both_devices_are_updated_one_after_the_other(kiosk: Kiosk) -> None:
    runner = kiosk.runner()
    first, second = runner.apply(runner.release())
    assert (first.outcome, second.outcome) == (Outcome.UPDATED, Outcome.UNCHANGED)
    assert kiosk.device.read_text() == "2"


def test_after_one_that_is_broken_no_other_is_begun(tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path, new="7")
    runner = kiosk.runner()
    (job,) = runner.apply(runner.release())
    assert job.outcome is Outcome.BROKEN
    assert "nothing to go back to" in job.reason


def test_what_an_update_needed_is_given_back_and_what_it_was_is_kept(kiosk: Kiosk) -> None:
    runner = kiosk.runner()
    runner.apply(runner.release())
    (folder, _) = sorted((kiosk.folder / "state/jobs").iterdir())
    assert not (folder / "files").exists()
    assert json.loads((folder / "job.json").read_text())["outcome"] == "updated"


def test_no_update_begins_beside_another(kiosk: Kiosk) -> None:
    runner = kiosk.runner()
    with (
        lock.held(kiosk.folder / "state"),
        pytest.raises(RefusedError, match="another firmware update is running"),
    ):
        runner.apply(runner.release())


def test_no_update_begins_before_one_that_was_cut_off_is_put_to_rights(kiosk: Kiosk) -> None:
    runner = kiosk.runner()
    (job, _) = runner.apply(runner.release())
    record = Record(kiosk.folder / "state")
    record.begin(job)
    record.write(replace(job, stage=Stage.CLEANUP))
    kiosk.device.write_text("1")
    with pytest.raises(RefusedError, match="vigie-agent firmware resume"):
        runner.apply(runner.release())
    assert [one.stage for one in runner.resume()] == [Stage.DONE]
    assert runner.apply(runner.release())[0].outcome is Outcome.UPDATED


def test_a_job_whose_writing_was_cut_off_was_never_begun(kiosk: Kiosk) -> None:
    torn = kiosk.folder / "state/jobs/00000000000000000001-dead"
    torn.mkdir(parents=True)
    (torn / "job.new").write_bytes(b'{"id": "0000')
    runner = kiosk.runner()
    assert runner.resume() == ()
    runner.apply(runner.release())
    assert not torn.exists()
