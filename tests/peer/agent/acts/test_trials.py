"""`test-scanner` and `test-sound`: SANE's test driver, an eSCL scanner, ALSA's programs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.commands import try_sound
from agent.commands.errand import Errand
from agent.commands.scene import Scene
from agent.commands.try_sound import SoundTest
from agent.config import Peripheral
from agent.probes import sane as driver
from contract.commands import CommandState
from tests.errands import Floor
from tests.peer.agent.scanner import escl, sane
from tests.peer.agent.sound.test_loop import Air

Begin = Callable[..., Floor]

needs_sane = pytest.mark.skipif(
    not Path(driver.SCANIMAGE).exists(), reason="sane-utils is not installed"
)
needs_alsa = pytest.mark.skipif(
    not Path("/usr/bin/arecord").exists(), reason="alsa-utils is not installed"
)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    floors: list[Floor] = []

    def one(kind: str, environ: dict[str, str] | None = None, **told: Any) -> Floor:
        act = SoundTest(environ)

        def work(scene: Scene) -> Errand:
            name = try_sound.NAME
            return Errand(name, scene, act.run, try_sound.resume, try_sound.hindrance)

        item = Peripheral("one", kind, settings=told)
        floors.append(Floor(tmp_path, item, works={try_sound.NAME: work}))
        return floors[-1]

    yield one
    for each in floors:
        each.close()


@needs_sane
def test_a_trial_scan_that_works_is_ok(begin: Begin, tmp_path: Path) -> None:
    drivers = str(sane.scanner(tmp_path / "sane"))
    ended = begin("scanner", device="test:0", sane_dir=drivers).run("test-scanner")
    assert (ended.state, ended.result["verdict"]) == (CommandState.SUCCEEDED, "ok")


@needs_sane
@pytest.mark.parametrize(
    ("status", "reason"),
    [("SANE_STATUS_JAMMED", "jammed"), ("SANE_STATUS_COVER_OPEN", "cover-open")],
)
def test_what_a_trial_scan_ends_with_is_told(
    begin: Begin, tmp_path: Path, status: str, reason: str
) -> None:
    drivers = str(sane.scanner(tmp_path / "sane", status))
    ended = begin("scanner", device="test:0", sane_dir=drivers).run("test-scanner", device="one")
    assert (ended.state, ended.reason) == (
        CommandState.FAILED,
        f"did-not-work: one: failed: {reason}",
    )


@needs_sane
def test_a_scanner_that_somebody_uses_is_not_said_to_work(begin: Begin, tmp_path: Path) -> None:
    drivers = str(sane.scanner(tmp_path / "sane", "SANE_STATUS_DEVICE_BUSY"))
    ended = begin("scanner", device="test:0", sane_dir=drivers).run("test-scanner")
    assert ended.reason == "did-not-work: one: unknown: device-busy"


@pytest.fixture
def network_scanner() -> Iterator[escl.Scanner]:
    made = escl.Scanner()
    yield made
    made.stop()


def test_a_network_scanner_scans_once_it_is_warm_and_its_job_is_ended(
    begin: Begin, network_scanner: escl.Scanner
) -> None:
    network_scanner.picture = b"a picture of somebody's papers"
    ended = begin("scanner", url=network_scanner.url).run("test-scanner")
    assert (ended.state, ended.result["scanned"]) == (CommandState.SUCCEEDED, True)
    assert network_scanner.jobs == ["made", "fetched", "ended /eSCL/ScanJobs/7"]
    assert "papers" not in str(ended.result)


def test_a_network_scanner_that_does_not_scan_this_way_is_not_said_to_be_broken(
    begin: Begin, network_scanner: escl.Scanner
) -> None:
    ended = begin("scanner", url=network_scanner.url).run("test-scanner")
    assert (ended.state, ended.result["verdict"]) == (CommandState.FAILED, "unknown")
    assert ended.result["escl_http"] == 409


def test_a_network_scanner_with_a_jam_is_not_made_to_scan(
    begin: Begin, network_scanner: escl.Scanner
) -> None:
    network_scanner.state, network_scanner.adf = "Stopped", "ScannerAdfJam"
    ended = begin("scanner", url=network_scanner.url).run("test-scanner")
    assert ended.reason == "did-not-work: one: failed: jammed"
    assert network_scanner.jobs == []


def test_a_scanner_without_a_name_is_refused(begin: Begin) -> None:
    ended = begin("scanner").run("test-scanner")
    assert ended.state is CommandState.REFUSED
    assert ended.reason == ("not-possible-here: declare settings.device or settings.url of one")


@needs_alsa
def test_a_tone_that_is_heard_is_ok(begin: Begin, tmp_path: Path) -> None:
    floor = begin("microphone", Air(tmp_path).environ, play_pcm="lab_out", record_pcm="lab_in")
    ended = floor.run("test-sound")
    assert (ended.state, ended.result["verdict"]) == (CommandState.SUCCEEDED, "ok")
    assert ended.result["loop_above_db"] > 0


@needs_alsa
@pytest.mark.parametrize(
    ("record", "reason"), [("lab_hum", "tone-not-heard"), ("lab_flat", "silent")]
)
def test_a_tone_that_is_not_heard_is_told(
    begin: Begin, tmp_path: Path, record: str, reason: str
) -> None:
    floor = begin("microphone", Air(tmp_path).environ, play_pcm="lab_void", record_pcm=record)
    assert floor.run("test-sound").reason == f"did-not-work: one: failed: {reason}"


@needs_alsa
def test_speakers_without_anybody_to_hear_them_are_refused(begin: Begin) -> None:
    ended = begin("speakers").run("test-sound")
    assert ended.reason == "not-possible-here: declare a microphone that hears these speakers"


@needs_alsa
def test_a_handset_that_is_not_plugged_in_is_missing(begin: Begin) -> None:
    assert begin("handset").run("test-sound").reason == (
        "did-not-work: one: missing: not-connected"
    )
