"""What a camera shows, and when it may be looked through at all. The frames are ours."""

import errno
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agent.config import Match, Peripheral
from agent.errors import ConfigError
from agent.probe import Context, Probe
from agent.probes import camera, camera_eye, looking, picture
from agent.probes.camera_eye import Means
from agent.probes.finding import Finding
from agent.probes.holders import Holder
from agent.probes.looking import Look
from agent.probes.picture import Frame
from agent.probes.plugged import Plugged
from contract.health import DeviceState, Health
from tests.agents import config
from tests.faults import Detection, fault

LAYOUT = Frame("GREY", 64, 48, 64)
LIVE = [bytes([number]) + bytes(range(30, 94)) * 48 for number in range(8)]


def of(frames: list[bytes]) -> Look:
    return Look(picture.measure(frames, LAYOUT), "GREY 64x48")


class Scene:
    """The one camera of a kiosk, its frames, who holds it, and the hour."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        item = Peripheral("desk", "camera", match=Match(port="1-1"), settings=settings)
        self.config = replace(config(folder), peripherals=(item,))
        self.one: Plugged | None = Plugged("/dev/video0", "046d:0825", "A1", "1-1")
        self.shows = of(LIVE)
        self.holder: Holder | None = None
        self.now = 0.0
        self.looks = 0
        means = Means(self._who, self._look, lambda: self.now)
        self.probe: Probe = camera.probe(self.config, self._find, means)

    def run(self, after_s: float = 0.0, **told: Any) -> DeviceState:
        self.now += after_s
        (state,) = self.probe.run(Context(self.config, "boot", None, **told))
        return state

    def _find(self) -> tuple[Plugged, ...]:
        return (self.one,) if self.one is not None else ()

    def _who(self, nodes: Collection[str]) -> Holder | None:
        return self.holder if "/dev/video0" in nodes else None

    def _look(self, _path: str, _limit_s: float) -> Look:
        self.looks += 1
        return self.shows


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Everything is fine."""
    monkeypatch.setattr(
        camera_eye, "describe", lambda _path: (Finding(facts={"driver": "uvcvideo"}), True)
    )
    made = Scene(tmp_path)
    state = made.run()
    assert (state.health, state.reasons, state.facts["format"]) == (Health.OK, (), "GREY 64x48")
    return made


BROKEN = {
    "black": of([bytes([number]) + bytes([16]) * 64 * 48 for number in range(8)]),
    "frozen": of(LIVE[:1] * 8),
    "single-colour": of([bytes([number + 90]) + bytes([90]) * 64 * 48 for number in range(8)]),
    "no-frames": of([]),
}


@fault("camera", "its picture is black", "frames below video black", "failed", "black")
def test_a_black_picture(scene: Scene, detection: Detection) -> None:
    detection.begins()
    scene.shows = BROKEN["black"]
    detection.ends(scene.run(1801))


@fault("camera", "its picture is frozen", "one frame again and again", "failed", "frozen")
def test_a_frozen_picture(scene: Scene, detection: Detection) -> None:
    detection.begins()
    scene.shows = BROKEN["frozen"]
    detection.ends(scene.run(1801))


@fault("camera", "its picture is of one colour", "flat frames", "failed", "single-colour")
def test_a_picture_of_one_colour(scene: Scene, detection: Detection) -> None:
    detection.begins()
    scene.shows = BROKEN["single-colour"]
    detection.ends(scene.run(1801))


@fault("camera", "does not stream", "no frame within the limit", "failed", "no-frames")
def test_a_camera_that_does_not_stream(scene: Scene, detection: Detection) -> None:
    detection.begins()
    scene.shows = BROKEN["no-frames"]
    detection.ends(scene.run(1801))


@fault("camera", "held outside of any visit", "a program keeps it", "degraded", "device-busy")
def test_a_camera_held_for_long_outside_of_a_session(scene: Scene, detection: Detection) -> None:
    detection.begins()
    scene.holder = Holder(4242, "guvcview", "7")
    assert scene.run(60).health is Health.OK
    state = scene.run(301)
    detection.ends(state)
    assert state.facts["held_by"] == "guvcview"
    assert scene.looks == 1
    scene.holder = None
    assert scene.run(60).health is Health.OK


@fault("camera", "the agent may not open it", "no permission", "unknown", "access-denied")
def test_a_camera_that_may_not_be_opened(scene: Scene, detection: Detection) -> None:
    detection.begins()
    scene.shows = Look(error=errno.EACCES)
    detection.ends(scene.run(1801))


@fault("camera", "cannot be opened", "its driver answers EIO", "failed", "cannot-open")
def test_a_camera_that_cannot_be_opened(scene: Scene, detection: Detection) -> None:
    detection.begins()
    scene.shows = Look(error=errno.EIO)
    state = scene.run(1801)
    detection.ends(state)
    assert state.facts["error"] == "EIO"


def test_it_is_looked_at_every_half_hour_and_sooner_while_in_doubt(scene: Scene) -> None:
    for _ in range(29):
        scene.run(60)
    assert scene.looks == 1
    scene.shows = BROKEN["frozen"]
    assert scene.run(120).reasons == ("frozen",)
    scene.shows = of(LIVE)
    assert scene.run(60).reasons == ("frozen",)
    assert scene.run(300).reasons == ()


def test_no_session_is_ever_looked_into_and_the_last_finding_stays(scene: Scene) -> None:
    scene.shows = BROKEN["frozen"]
    scene.run(is_deep=True)
    looks = scene.looks
    scene.holder = Holder(4242, "chromium", "7")
    for _ in range(100):
        assert scene.run(60, in_session=True, is_deep=True).reasons == ("frozen",)
    assert scene.looks == looks


def test_a_visit_that_begins_during_a_look_means_nothing(scene: Scene) -> None:
    scene.shows = Look(error=errno.EBUSY)
    assert scene.run(1801).health is Health.OK


def test_a_replugged_camera_is_looked_at_anew(scene: Scene) -> None:
    scene.shows = BROKEN["black"]
    assert scene.run(1801).reasons == ("black",)
    plug, scene.one = scene.one, None
    assert scene.run(5).health is Health.MISSING
    scene.one, scene.shows = plug, of(LIVE)
    assert scene.run(5).health is Health.OK


def test_a_program_that_may_hold_it_is_not_said(scene: Scene, tmp_path: Path) -> None:
    kept = Scene(tmp_path / "other", may_hold="kiosk-app, pipewire")
    kept.holder = Holder(4242, "pipewire", "7")
    kept.run()
    assert kept.run(3600).health is Health.OK


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="desk"):
        Scene(tmp_path, evry_s=60)


def test_what_is_no_video_node_is_said_by_the_real_child(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    assert looking.look(str(path), 1.0).error == errno.ENOENT
    path.touch()
    assert looking.look(str(path), 1.0).error == errno.ENOTTY
