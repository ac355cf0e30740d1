"""`test-camera` and the words all device tests end with. The frames are ours."""

import errno
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.commands import try_camera
from agent.commands.errand import Errand
from agent.commands.scene import Scene
from agent.commands.try_camera import CameraTest
from agent.config import Match, Peripheral
from agent.probes import picture
from agent.probes.camera_eye import Means
from agent.probes.finding import Finding
from agent.probes.holders import Holder
from agent.probes.looking import Look
from agent.probes.picture import Frame
from agent.probes.plugged import Plugged
from contract.commands import CommandState
from contract.health import Health
from tests.errands import Floor

LAYOUT = Frame("GREY", 64, 48, 64)
LIVE = [bytes([number]) + bytes(range(30, 94)) * 48 for number in range(8)]
BLACK = [bytes([number]) + bytes([16]) * 64 * 48 for number in range(8)]


def of(frames: list[bytes]) -> Look:
    return Look(picture.measure(frames, LAYOUT), "GREY 64x48")


class Desk:
    """What cameras there are, what they show, who holds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.there = [Plugged("/dev/video0", "046d:0825", "A1", "1-1")]
        self.shows = {"/dev/video0": [of(LIVE)], "/dev/video2": [of(LIVE)]}
        self.holder: Holder | None = None
        self.described = Finding()
        self.floor: Floor | None = None

    def begin(self, *items: Peripheral) -> Floor:
        act = CameraTest(
            lambda: tuple(self.there),
            Means(lambda _nodes: self.holder, self._look, lambda: 0.0),
            lambda _path: (self.described, True),
        )

        def work(scene: Scene) -> Errand:
            name = try_camera.NAME
            return Errand(name, scene, act.run, try_camera.resume, try_camera.hindrance)

        self.floor = Floor(self.folder, *items, works={try_camera.NAME: work})
        return self.floor

    def _look(self, path: str, _limit_s: float) -> Look:
        shown = self.shows[path]
        return shown.pop(0) if len(shown) > 1 else shown[0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path)
    yield one
    if one.floor is not None:
        one.floor.close()


CAMERA = Peripheral("desk", "camera", match=Match(port="1-1"))
OTHER = Peripheral("room", "camera", match=Match(port="1-2"))


def test_a_live_picture_is_ok_and_only_its_figures_are_told(desk: Desk) -> None:
    ended = desk.begin(CAMERA).run("test-camera")
    assert (ended.state, ended.result["verdict"]) == (CommandState.SUCCEEDED, "ok")
    assert ended.result["devices"] == ["desk: ok"]
    assert ended.result["format"] == "GREY 64x48"
    assert all(isinstance(value, str | int | float | list) for value in ended.result.values())


@pytest.mark.parametrize(
    ("frames", "reason"), [(BLACK, "black"), (LIVE[:1] * 8, "frozen"), ([], "no-frames")]
)
def test_what_a_camera_ails_from_is_told(desk: Desk, frames: list[bytes], reason: str) -> None:
    desk.shows["/dev/video0"] = [of(frames)]
    ended = desk.begin(CAMERA).run("test-camera", device="desk")
    assert ended.state is CommandState.FAILED
    assert ended.reason == f"did-not-work: desk: {ended.result['verdict']}: {reason}"


def test_of_several_each_is_told_by_its_id(desk: Desk) -> None:
    desk.there.append(Plugged("/dev/video2", "046d:0825", "A2", "1-2"))
    desk.shows["/dev/video2"] = [of(BLACK)]
    ended = desk.begin(CAMERA, OTHER).run("test-camera")
    assert ended.result["devices"] == ["desk: ok", "room: failed: black"]
    assert ended.result["room.format"] == "GREY 64x48"


def test_a_camera_that_is_not_there_is_missing(desk: Desk) -> None:
    desk.there.clear()
    ended = desk.begin(CAMERA).run("test-camera")
    assert ended.reason == "did-not-work: desk: missing: not-connected"


def test_a_camera_in_use_is_left_alone_and_its_holder_named(desk: Desk) -> None:
    desk.holder = Holder(7, "chromium", "9")
    ended = desk.begin(CAMERA).run("test-camera")
    assert ended.reason == "did-not-work: desk: unknown: device-busy"
    assert ended.result["held_by"] == "chromium"


def test_one_that_the_probe_just_looks_through_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_camera, "_PAUSE_S", 0.01)
    desk.shows["/dev/video0"] = [Look(error=errno.EBUSY), of(LIVE)]
    assert desk.begin(CAMERA).run("test-camera").state is CommandState.SUCCEEDED


def test_a_node_that_gives_no_picture_is_not_looked_through(desk: Desk) -> None:
    desk.described = Finding(Health.FAILED, ("no-capture",))
    assert desk.begin(CAMERA).run("test-camera").result["devices"] == ["desk: failed: no-capture"]


def test_a_camera_that_must_not_be_opened_is_not(desk: Desk) -> None:
    shut = Peripheral("desk", "camera", settings={"look": False})
    ended = desk.begin(shut).run("test-camera")
    assert ended.state is CommandState.REFUSED
    assert ended.reason.startswith("not-possible-here: settings.look is false")


@pytest.mark.parametrize("name", ["test-camera", "test-scanner", "test-sound", "restart-printing"])
def test_a_kiosk_without_such_a_device_refuses(desk: Desk, name: str) -> None:
    ended = desk.begin(Peripheral("ups", "ups")).run(name)
    assert (ended.state, ended.reason) == (CommandState.REFUSED, "device-unknown: none")


def test_a_look_that_an_agent_was_killed_in_is_not_made_again(desk: Desk) -> None:
    looks, goes_on = threading.Event(), threading.Event()
    shown = desk.shows

    class Slow(dict[str, list[Look]]):
        """Frames that come when the test lets them."""

        def __getitem__(self, path: str) -> list[Look]:
            looks.set()
            goes_on.wait(30)
            return shown[path]

    desk.shows = Slow()
    floor = desk.begin(CAMERA)
    number = floor.order("test-camera")
    assert looks.wait(30)
    floor.cut_off()
    looks.clear()
    ended = desk.begin(CAMERA).end(number)
    goes_on.set()
    floor.close()
    assert (ended.state, ended.reason) == (CommandState.UNKNOWN, "restarted-while-running")
    assert not looks.is_set()


def test_what_breaks_in_a_thread_ends_the_command_and_not_the_agent(desk: Desk) -> None:
    broken: Callable[[str], list[Look]] = desk.shows.pop
    broken("/dev/video0")
    floor = desk.begin(CAMERA)
    ended = floor.run("test-camera")
    assert ended.reason == "did-not-work: KeyError: '/dev/video0'"
    assert floor.run("test-camera").state is CommandState.FAILED
